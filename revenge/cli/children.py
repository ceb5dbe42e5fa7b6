"""What the doctor looks at in the child processes that open files: do they start, what locks them in, can they encode and draw."""

from collections.abc import AsyncIterator

from revenge.cli.finding import Finding, broken, fine, weak
from revenge.core.errors import RevengeError
from revenge.media.engines import attempts, devices
from revenge.media.pictures import POOL_ENVIRONMENT, POOL_PRELOAD, POOL_WARM
from revenge.media.pool import Pool
from revenge.media.pools import engine_pool

_EFFORT, _LETTERS = "revenge.media.child.effort", "revenge.media.child.letters"
_OPEN = {"on", "not needed"}
_TIGHT = 0.7
"""Seconds for a second of film above which a viewer would feel it when anything else runs."""


async def children() -> AsyncIterator[Finding]:
    """Yield what there is to say about children of either kind, started for it."""
    media = Pool("media", preload=[_EFFORT], warm=["revenge.media.child.warm:up"])
    images = Pool("image", preload=[*POOL_PRELOAD, _LETTERS], warm=POOL_WARM, environment=POOL_ENVIRONMENT)
    for part, pool, look in (("media", media, _encoding), ("pictures", images, _drawing)):
        try:
            async with pool.lifetime():
                yield await look(pool)
                yield _locks(f"{part} lock", pool.locks, await pool.run("revenge.media.child.trial:escapes", result=list[str]))
        except RevengeError as error:
            yield broken(part, error.detail)


async def engines() -> AsyncIterator[Finding]:
    """Yield which graphics cards encode pictures here, each shown by a trial."""
    found = devices()
    if not found:
        yield fine("encoders", "There is no graphics card to encode with; pictures are encoded by libx264.")
        return
    async with engine_pool(found).lifetime() as pool:
        tried = [attempt async for attempt in attempts(pool)]
    works = [attempt.engine for attempt in tried if attempt.reason is None]
    if works:
        yield fine("encoders", f"Pictures are encoded by {works[0]}; a trial has shown that it works.")
    else:
        said = " ".join(attempt.reason or "" for attempt in tried)
        yield weak("encoders", f"Pictures are encoded by libx264, for of {', '.join(found)} nothing can be used. {said}")


async def _encoding(pool: Pool) -> Finding:
    took = await pool.run(f"{_EFFORT}:encode_second", result=float)
    said = f"One second of film in 720p is encoded in {took:.2f} s"
    if took < _TIGHT:
        return fine("media", f"{said}.")
    return weak("media", f"{said}: what this machine must transcode may stutter. Films a player can show as they are do not mind.")


async def _drawing(pool: Pool) -> Finding:
    if await pool.run(f"{_LETTERS}:there", result=bool):
        return fine("pictures", "Posters can be drawn, with letters.")
    return weak("pictures", "There is no font on this machine: posters have no titles. On Debian: apt-get install fonts-dejavu-core")


def _locks(part: str, locks: dict[str, str], escapes: list[str]) -> Finding:
    missing = [f"{lock} ({how})" for lock, how in locks.items() if how not in _OPEN]
    if not missing and not escapes:
        return fine(part, f"What decodes films is locked in by {', '.join(locks)}.")
    could = f" It could {', '.join(escapes)}." if escapes else ""
    lacks = f" without {', '.join(missing)}: this kernel or container forbids it." if missing else " with every lock, and they do not hold."
    return weak(part, f"What decodes films runs{lacks}{could}")
