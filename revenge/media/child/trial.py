"""Trying a child out: what it can still do behind its locks (`doctor` asks), and whether the line to it holds."""

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def escapes() -> list[str]:
    """Names of forbidden things that worked; empty when every lock holds."""
    attempts: dict[str, Callable[[], object]] = {
        "read a file": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
        "list a folder": lambda: next(Path("/").iterdir()),
        "write a file": lambda: os.close(os.open("/tmp", os.O_TMPFILE | os.O_WRONLY)),  # noqa: S108  a file without a name
        "open a socket": lambda: socket.socket().close(),
        "start a process": _start,
        "signal the node": lambda: os.kill(os.getppid(), 0),
        "run before everybody else": _hurry,
    }
    return [what for what, attempt in attempts.items() if _works(attempt)]


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _hurry() -> None:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _start() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def reaches(path: str) -> bool:
    """Whether the path can still be opened for reading."""
    return _works(lambda: os.close(os.open(path, os.O_RDONLY)))


def echo(value: Any) -> Any:
    """Give the value back: the call that tries out the line."""
    return value


def hold(size: int) -> int:
    """Take that many bytes of memory for a moment: the call that tries out the limit."""
    return len(bytearray(size))


def drain(*, fds: Sequence[int]) -> int:
    """Read the first descriptor to its end and return how many bytes there were."""
    total = 0
    while got := len(os.read(fds[0], 1 << 16)):
        total += got
    return total
