"""Reading ahead, so that sending never waits for a disk inside the event loop."""

import asyncio
import errno
import os
from concurrent.futures import Executor

WINDOW = 4 << 20
"""Bytes fetched from the disk at once."""
_STEP = 128 << 10
"""The kernel reads ahead in pieces of this size: one byte of each tells that the piece has come."""


class Warmth:
    """Knows how far ahead a file's bytes are in memory, while one answer is sent from it."""

    def __init__(self, fd: int, threads: Executor) -> None:
        self._fd = fd
        self._threads = threads
        self._until = -1
        """Bytes before this have been fetched by us."""

    async def ensure(self, offset: int, count: int) -> None:
        """Return when these bytes can be sent without waiting for the disk; at once when they are in memory."""
        end = offset + count
        if end <= self._until or (_is_cached(self._fd, offset) and _is_cached(self._fd, end - 1)):
            return
        fetching = asyncio.get_running_loop().run_in_executor(self._threads, _fetch, self._fd, offset, max(WINDOW, count))
        try:
            await asyncio.shield(fetching)
        except asyncio.CancelledError:
            await asyncio.wait([fetching])  # the thread must be done with the file before anybody may close it
            raise
        self._until = offset + max(WINDOW, count)


def _is_cached(fd: int, offset: int) -> bool:
    """Whether the byte is in the page cache. File systems that cannot tell count as not cached."""
    try:
        os.preadv(fd, [bytearray(1)], offset, os.RWF_NOWAIT)
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
