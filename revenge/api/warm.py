"""Reading ahead, so that sending never waits for a disk inside the event loop."""

import asyncio
import errno
import os
from concurrent.futures import Executor

WINDOW = 8 << 20
"""Bytes fetched from the disk at once."""
_STEP = 128 << 10
"""The kernel reads ahead in pieces of this size: one byte of each tells that the piece has come."""


class Warmth:
    """Knows how far ahead a file's bytes are in memory, while one answer is sent from it."""

    def __init__(self, fd: int, threads: Executor) -> None:
        self._fd = fd
        self._threads = threads
        self.until = -1
        """Bytes before this are in memory, as far as anybody can tell."""

    def reach(self, offset: int, end: int, wanted: int = 1) -> int:
        """Return how far may be sent from `offset`; not beyond it where the disk would have to be waited for.

        Looks a window further when fewer than `wanted` bytes are left. When its first and last byte are in memory, those between are
        taken to be.
        """
        until = self.until
        if until - offset < wanted and until < end:
            first = max(offset, until)
            last = min(first + WINDOW, end)
            if _is_cached(self._fd, last - 1) and (first == until or _is_cached(self._fd, first)):
                self.until = until = last
        return until

    async def ensure(self, offset: int, end: int) -> None:
        """Return when the next window can be sent without waiting for the disk; at once when it is in memory."""
        if self.reach(offset, end) <= offset:
            last = min(offset + WINDOW, end)
            await self._fetched(offset, last - offset)
            self.until = last

    async def _fetched(self, offset: int, count: int) -> None:
        fetching = asyncio.get_running_loop().run_in_executor(self._threads, _fetch, self._fd, offset, count)
        try:
            await asyncio.shield(fetching)
        except asyncio.CancelledError:
            await asyncio.wait([fetching])  # the thread must be done with the file before anybody may close it
            raise


def _is_cached(fd: int, offset: int) -> bool:
    """Whether the byte is in the page cache. File systems that cannot tell count as not cached."""
    try:
        os.preadv(fd, (bytearray(1),), offset, os.RWF_NOWAIT)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL):
            return False
        raise
    return True


def _fetch(fd: int, offset: int, count: int) -> None:
    """Have the kernel read the bytes, and wait for them; runs in a thread."""
    os.posix_fadvise(fd, offset, count, os.POSIX_FADV_WILLNEED)
    for place in range(offset, offset + count, _STEP):
        if not os.pread(fd, 1, place):
            return
