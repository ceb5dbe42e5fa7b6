"""What the doctor looks at in the parts of a node: database, store, libraries."""

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from revenge.bootstrap.house import House
from revenge.bootstrap.settings import Settings
from revenge.cli.finding import Finding, broken, fine, weak
from revenge.cli.household import internal
from revenge.cli.parts import servers, visiting
from revenge.core.errors import RevengeError
from revenge.infra.cache.store import GONE
from revenge.infra.database import Database, migrate

_SLOW_MS = 20.0
_SKEW_S = 5.0


async def vitals(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what there is to say about the parts; the embedded ones are started for it where no node runs."""
    try:
        async with servers(settings) as found:
            house = visiting(found)
            async for finding in _of_database(house.ground.database):
                yield finding
            yield await _store(house)
            async for finding in _libraries(house):
                yield finding
    except RevengeError as error:
        yield broken("servers", error.detail)


async def _of_database(database: Database) -> AsyncIterator[Finding]:
    try:
        async with database.lifetime(), database.read() as db:
            began = time.monotonic()
            version, now = (await db.execute(text("select current_setting('server_version'), now()"))).one()
            took = 1000 * (time.monotonic() - began)
    except RevengeError as error:
        yield broken("PostgreSQL", error.detail)
        return
    said = f"Version {version.split()[0]} answers in {took:.0f} ms."
    yield fine("PostgreSQL", said) if took < _SLOW_MS else weak("PostgreSQL", f"{said} That is slow: is its disk or network busy?")
    skew = abs((datetime.now(UTC) - now).total_seconds())
    if skew > _SKEW_S:
        yield broken("clock", f"This machine and the database differ by {skew:.0f} s: set both clocks by the network.")
    yield await _schema(database.url)


async def _schema(url: str) -> Finding:
    steps = await migrate.status(url)
    missing = [step.version for step in steps if not step.applied]
    if missing:
        return weak(
            "schema",
            f"{len(missing)} of {len(steps)} migrations are missing: the next start applies them, and so does `revenge migrate up`.",
        )
    return fine("schema", f"All {len(steps)} migrations are applied.")


async def _store(house: House) -> Finding:
    began = time.monotonic()
    try:
        async with house.ground.store.lifetime() as store:
            await store.ping()
    except GONE as error:
        return broken("store", f"It does not answer ({error}): everything works slower without it, and jobs wait. Check cache.url.")
    return fine("store", f"It answers in {1000 * (time.monotonic() - began):.0f} ms.")


async def _libraries(house: House) -> AsyncIterator[Finding]:
    """Whether this user can look into the folders of the libraries."""
    async with house.ground.database.lifetime() as database:
        if any(not step.applied for step in await migrate.status(database.url)):
            return
        for library in await house.libraries.list(await internal(house)):
            for root in library.paths:
                yield _folder(library.name, Path(root.path))


def _folder(library: str, folder: Path) -> Finding:
    part = f"library {library}"
    try:
        entries = any(folder.iterdir())
    except OSError as error:
        return broken(part, f"{folder} cannot be read ({error.strerror}): is the disk there, and may {_user()} look into it?")
    if not entries:
        return weak(part, f"{folder} is empty: is the disk there? Its films stay listed until it is back.")
    return fine(part, f"{folder} can be read.")


def _user() -> str:
    return f"user {os.geteuid()}"
