"""What `postmaster.pid` says: whether the server takes connections, and whether a stranger has its number."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from loguru import logger
from msgspec import Struct

_PID, _STATUS = 0, 7
"""Lines of the file."""
_DEAD = "ZX"
_PATIENCE = 30.0
"""Seconds another server gets to end."""


class Postmaster(Struct, frozen=True):
    """A server as it wrote itself down."""

    pid: int
    status: str

    @property
    def ready(self) -> bool:
        """It takes connections."""
        return self.status == "ready"


def read(directory: Path) -> Postmaster | None:
    """The server that runs, or was killed, on this data directory; None when the last one ended in order, or has only begun to write."""
    with suppress(OSError, ValueError, IndexError):
        said = (directory / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(said[_PID]), said[_STATUS].strip() if len(said) > _STATUS else "")
    return None


def runs(pid: int) -> bool:
    """Whether a PostgreSQL has this number now, and is more than a corpse nobody has collected."""
    with suppress(OSError):
        name, state = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")[::2]
        return name == "postgres" and state.split()[0] not in _DEAD
    return False


async def stop_other(directory: Path) -> None:
    """Stop a server that somebody started on this data directory by hand; ours would be refused while it runs.

    One that cannot be shown to work in this directory is left alone.
    """
    other = read(directory)
    if other is None or not works_in(other.pid, directory):
        return
    logger.warning("another PostgreSQL (process {}) runs on {}: it is stopped first", other.pid, directory)
    os.kill(other.pid, signal.SIGINT)
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while works_in(other.pid, directory):  # noqa: ASYNC110 - no child of ours: nothing tells us of its end
                await asyncio.sleep(0.02)


def works_in(pid: int, directory: Path) -> bool:
    """Whether the process is a PostgreSQL that runs in this directory."""
    with suppress(OSError):
        return runs(pid) and Path(f"/proc/{pid}/cwd").samefile(directory)
    return False


def forget_stranger(directory: Path) -> None:
    """Remove the file a killed server left, if its number now belongs to a process that is no living PostgreSQL.

    The server would take that process for a living server and refuse to start: numbers come again soon in a container
    that was restarted, and one without an init never collects its dead. Otherwise the file is the server's own business.
    """
    left = read(directory)
    if left and _lives(left.pid) and not runs(left.pid):
        (directory / "postmaster.pid").unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
