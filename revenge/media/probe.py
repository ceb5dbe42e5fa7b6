"""Asking what is inside files."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from revenge.core.facts import MediaFacts
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.files import open_all, opened
from revenge.media.pool import Pool
from revenge.media.probed import Outcome, Probed, ProbeFailed

__all__ = ["Outcome", "ProbeFailed", "Probed", "Prober"]

BATCH = 16
"""Files that travel to a child together."""
_BATCH_S, _INDEX_S = 60.0, 55.0
_READ = "revenge.media.child.facts:read"
_INDEX = "revenge.media.child.keys:thorough"


class Prober:
    """Probes files in the media pool. A bad file is an answer, never an exception, and never spoils its batch."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def probe(self, paths: Sequence[Path | str], *, index: bool = True, qos: Qos = Qos.BACKGROUND) -> list[Outcome]:
        """What is inside each file, in the same order; with its keyframe index where that is cheap to find."""
        batches = [paths[at : at + BATCH] for at in range(0, len(paths), BATCH)]
        answers = await asyncio.gather(*(self._batch(batch, index, qos) for batch in batches))
        return [outcome for answer in answers for outcome in answer]

    async def index(self, path: Path | str, facts: MediaFacts, *, qos: Qos = Qos.BACKGROUND, timeout: float = _INDEX_S) -> bytes | None:  # noqa: ASYNC109
        """The packed keyframe index by reading the whole file, for what `probe` found none for (transport streams).

        None where the film could not be sent as it is anyway. MediaError: the file cannot be read, or not within the timeout (seconds).
        """
        async with opened(path) as fd:
            found: bytes | None = await self._pool.run(_INDEX, facts, result=bytes | None, fds=(fd,), qos=qos, timeout=timeout)
        return found

    async def _batch(self, paths: Sequence[Path | str], index: bool, qos: Qos) -> list[Outcome]:
        found = await open_all(paths)
        fds = [fd for fd in found if isinstance(fd, int)]
        try:
            answers = iter(await self._ask(fds, index, qos) if fds else [])
        finally:
            for fd in fds:
                os.close(fd)
        return [_failed(fd) if isinstance(fd, MediaError) else next(answers) for fd in found]

    async def _ask(self, fds: Sequence[int], index: bool, qos: Qos) -> list[Outcome]:
        """Ask for all at once; when that kills the child or takes too long, ask for each alone, to find the one."""
        try:
            answers: list[Outcome] = await self._pool.run(_READ, index, result=list[Outcome], fds=fds, qos=qos, timeout=_BATCH_S)
        except MediaError as error:
            if len(fds) == 1:
                return [_failed(error)]
            return [outcome for fd in fds for outcome in await self._ask([fd], index, qos)]
        if len(answers) != len(fds):
            raise MediaError("The media process answered for other files than it was asked about.", cause="crashed")
        return answers


def _failed(error: MediaError) -> ProbeFailed:
    return ProbeFailed(error.detail, again=error.cause in {"closed", "start"})
