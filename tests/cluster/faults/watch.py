"""When a node led, written down by the node itself every few milliseconds: kill -9 takes nothing of it away.

The file is a row of intervals (start, end, token) in seconds since the machine started. An interval ends where the node looked and did not
lead, or did not look for a while: a node that stood still is not believed to have led meanwhile, but when it leads at its next look, that
is a new interval, which must not overlap with anybody's.
"""

import mmap
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

EVERY = 0.01
_GAP = 0.1
_ROW = struct.Struct("ddd")
_ROWS = 4000


class Interval(NamedTuple):
    start: float
    end: float
    token: float
    """The fencing token it had at the end; 0 while it had none."""


def read(path: Path) -> list[Interval]:
    """The intervals of a file; none where there is no file."""
    if not path.exists():
        return []
    rows = [Interval(*row) for row in _ROW.iter_unpack(path.read_bytes())]
    return [row for row in rows if row.start]


class Watch(threading.Thread):
    """Looks whether this process leads."""

    def __init__(self, path: Path, leads: Callable[[], bool], token: Callable[[], int | None]) -> None:
        super().__init__(name="watch", daemon=True)
        self._leads, self._token = leads, token
        used = len(read(path))
        with path.open("ab") as file:
            file.truncate(_ROW.size * _ROWS)
        self._file = path.open("r+b")
        self._rows = mmap.mmap(self._file.fileno(), 0)
        self._next = used

    def run(self) -> None:
        start = last = 0.0
        while True:
            before = time.clock_gettime(time.CLOCK_BOOTTIME)
            active = self._leads()
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            if active and now - before < _GAP:
                if not start or now - last > _GAP:
                    start, self._next = before, self._next + 1
                self._rows[(self._next - 1) * _ROW.size : self._next * _ROW.size] = _ROW.pack(start, before, self._token() or 0)
                last = now
            elif not active:
                start = 0.0
            time.sleep(EVERY)
