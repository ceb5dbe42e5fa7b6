"""Schema changes by Alembic, under an advisory lock, so that several nodes may start at once.

Alembic is loaded where it is needed: a node whose database is up to date starts a third of a second sooner without it, and smaller.
"""

from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import asyncpg
from msgspec import Struct
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from revenge.core.errors import Unavailable
from revenge.infra.database.url import sqlalchemy_url

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x5245_5645_4E47  # "REVENG": one lock for every schema change on this database
_CONNECT_SECONDS = 5
_FOLDER = Path(migrations.__file__).parent
_VERSIONED, _VERSION = text("select to_regclass('alembic_version')"), text("select version_num from alembic_version")
HEAD = "head"
BASE = "base"


class Step(Struct, frozen=True):
    """One migration and whether this database has it."""

    version: str
    title: str
    applied: bool


async def upgrade(url: str, to: str = HEAD) -> None:
    """Apply migrations up to `to`; a second caller waits and then finds nothing to do."""
    if to == HEAD and await _is_newest(url):
        return
    from alembic import command

    await _locked(url, lambda connection: command.upgrade(_config(connection), to))


async def downgrade(url: str, to: str) -> None:
    """Take migrations back down to `to` (`base` takes all)."""
    from alembic import command

    await _locked(url, lambda connection: command.downgrade(_config(connection), to))


async def status(url: str) -> list[Step]:
    """Return every migration in order, and whether it is applied."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    found: list[Step] = []

    def look(connection: Connection) -> None:
        current = MigrationContext.configure(connection).get_current_revision() or ""
        script = ScriptDirectory.from_config(_config(connection))
        found.extend(Step(step.revision, step.doc, step.revision <= current) for step in reversed(list(script.walk_revisions())))

    await _locked(url, look)
    return found


async def _is_newest(url: str) -> bool:
    """Whether the database has the last migration there is."""
    engine = _engine(url)
    try:
        async with aclosing(await _connected(engine)) as connection:
            if await connection.scalar(_VERSIONED) is None:
                return False
            newest = max(path.name[:6] for path in (_FOLDER / "versions").glob("[0-9]*_*.py"))
            return bool(await connection.scalar(_VERSION) == newest)
    finally:
        await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(sqlalchemy_url(url), poolclass=NullPool, connect_args={"timeout": _CONNECT_SECONDS})


async def _locked(url: str, work: Any) -> None:
    engine = _engine(url)
    try:
        async with aclosing(await _connected(engine)) as connection:
            await connection.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.commit()
            await connection.run_sync(work)
            await connection.commit()
            await connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _LOCK})
            await connection.commit()
    finally:
        await engine.dispose()


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    """Open a connection; Unavailable says which server did not take it, and why."""
    try:
        return await engine.connect()
    except (OSError, DBAPIError, asyncpg.PostgresError) as error:
        reason = str(getattr(error, "orig", error)).rpartition(">: ")[2].partition("\n")[0] or type(error).__name__
        raise Unavailable(
            f"The database {_shown(engine.url)} cannot be used: {reason}. "
            "See that its server runs, and that database.url is right (REVENGE_DATABASE_URL).",
            code="database_unavailable",
        ) from error


def _shown(url: URL) -> str:
    """Return the URL as a person wrote it, without its password."""
    return unquote(url.set(drivername="postgresql").render_as_string(hide_password=True))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
