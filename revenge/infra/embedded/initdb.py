"""The data directory of PostgreSQL: made on the first start, refused when this server cannot use it."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from revenge.core.errors import StartRefused
from revenge.infra.embedded import place
from revenge.infra.embedded.child import run
from revenge.infra.embedded.disk import refused
from revenge.infra.embedded.program import Program
from revenge.infra.embedded.user import User, check_named, runnable

ROLE = "revenge"
"""Who the product is to its database: the superuser."""
_OPTIONS = (
    f"--username={ROLE}",
    "--encoding=UTF8",
    "--locale-provider=builtin",  # indexes stay valid when the machine's libc is upgraded
    "--locale=C.UTF-8",
    "--auth-local=trust",  # the sockets' directory is 0700, and there is no other way in
    "--auth-host=scram-sha-256",
    "--no-instructions",
)
_FIRST_NEED = 128 << 20
"""Bytes that must be free before a database is made."""


async def ensure(directory: Path, user: User | None, postgres: Path) -> None:
    """Data this server can use stand in the directory afterwards. Raises StartRefused when they cannot.

    They are made beside their place and moved there when they are complete, so a first start may be killed at any time.
    """
    if await asyncio.to_thread(is_made, directory, user, postgres):
        return
    draft = directory.with_name(f"{directory.name}.new")
    await asyncio.to_thread(_clear, directory, draft, user)
    initdb = (str(postgres.with_name("initdb")), "-D", place.within(draft, user), *_OPTIONS)
    await run(Program("initdb", initdb, draft, user, ((signal.SIGTERM, 5.0),), lambda _: "DEBUG"))
    await asyncio.to_thread(_move, draft, directory)


def is_made(directory: Path, user: User | None, postgres: Path) -> bool:
    """Whether there are data. Raises StartRefused for those of another major version: only a dump carries them over."""
    try:
        theirs = (directory / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return False
    ours = (runnable(postgres, user) or "?").rsplit(maxsplit=1)[-1].partition(".")[0]
    if theirs != ours:
        raise StartRefused(
            f"The database in {directory} was written by PostgreSQL {theirs}, and this version of Revenge brings {ours}. "
            "Dump it with the version that wrote it and restore the dump, or set database.url to a server that keeps it."
        )
    return True


def _clear(directory: Path, draft: Path, user: User | None) -> None:
    """Make an empty draft, and see that nothing is in the way of the finished data."""
    check_named(user)
    with refused(directory):
        if directory.exists() and any(directory.iterdir()):
            raise StartRefused(f"{directory} holds something that is no PostgreSQL data. Move it away, or choose another REVENGE_DATA_DIR.")
        if draft.exists():
            shutil.rmtree(draft)
        free = shutil.disk_usage(directory.parent).free
    if free < _FIRST_NEED:
        raise StartRefused(
            f"Cannot use {directory.parent}: the disk is full ({free >> 20} MB are free, a new database needs {_FIRST_NEED >> 20}). Make room and start again."
        )
    place.make_own(draft, user)


def _move(draft: Path, directory: Path) -> None:
    with refused(directory):
        draft.rename(directory)  # an empty directory gives way
        parent = os.open(directory.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
