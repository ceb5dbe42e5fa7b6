"""`revenge migrate up | down | status`."""

import asyncio
import re
from argparse import Namespace
from collections.abc import Awaitable, Callable

from alembic.util import CommandError

from revenge.cli.parts import servers
from revenge.cli.start import ready
from revenge.core.errors import Invalid
from revenge.infra.database import migrate

_TARGET = re.compile(r"head|base|-1|\d{6}")


def up(wish: Namespace) -> None:
    """Apply what is missing, up to the migration that was named."""
    asyncio.run(_move(wish, migrate.upgrade))


def down(wish: Namespace) -> None:
    """Go back to the migration that was named."""
    asyncio.run(_move(wish, migrate.downgrade))


def status(wish: Namespace) -> None:
    """Tell every migration and whether it is applied."""
    asyncio.run(_status(wish))


async def _move(wish: Namespace, move: Callable[[str, str], Awaitable[None]]) -> None:
    if not _TARGET.fullmatch(wish.to):
        raise Invalid(f"{wish.to} is no migration: they have six digits, as `revenge migrate status` lists them.")
    async with servers(ready(wish), store=False) as settings:
        url = settings.database.url or ""
        before = await _version(url)
        try:
            await move(url, wish.to)
        except CommandError as error:
            raise Invalid(f"The schema cannot go from {before} to {wish.to}: {error}") from error
        after = await _version(url)
    print(f"The schema is at {after}, as it was." if before == after else f"The schema went from {before} to {after}.")


async def _version(url: str) -> str:
    return next((step.version for step in reversed(await migrate.status(url)) if step.applied), "nothing")


async def _status(wish: Namespace) -> None:
    async with servers(ready(wish), store=False) as settings:
        for step in await migrate.status(settings.database.url or ""):
            print(f"{step.version}  {'applied' if step.applied else 'missing'}  {step.title}")
