"""A server that outlived its node: found by its lock, asked to end, waited for."""

import asyncio
import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path

from loguru import logger

from revenge.core.errors import StartRefused
from revenge.infra.embedded.disk import refused
from revenge.infra.embedded.program import Program

_TICK = 0.02
_PATIENCE = 60.0
"""Seconds the remains of a server get before the start is refused."""


async def clear(program: Program) -> None:
    """Wait until nobody holds the program's lock. Raises StartRefused when that does not happen.

    The lock belongs to the server and to everything it forked, so it is free only when the last of them is gone.
    """
    if not held(program.lock):
        return
    pid = owner(program)
    logger.info("{} still runs from before (process {}): it is stopped first", program.name, pid)
    loop = asyncio.get_running_loop()
    give_up = loop.time() + _PATIENCE
    for step, patience in (*program.farewell, (signal.SIGKILL, _PATIENCE)):
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, step)
        deadline = min(loop.time() + patience, give_up)
        while loop.time() < deadline:
            if not held(program.lock):
                return
            await asyncio.sleep(_TICK)
    raise StartRefused(f"{program.name} still runs from before (process {pid}) and does not end; stop it first.")


def held(lock: Path) -> bool:
    """Whether somebody holds the lock. Raises StartRefused when the disk does not let us look."""
    with refused(lock.parent):
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def owner(program: Program) -> int | None:
    """The server that took the lock, if it is still there: its number may have gone to a stranger meanwhile."""
    with suppress(ValueError, OSError):
        pid = int(program.lock.read_text())
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        if os.getsid(pid) == pid and name == Path(program.arguments[0]).name:
            return pid
    return None
