"""A stretch of a file on its way into a socket, moved on by callbacks.

A coroutine that is woken for every slice would cost half as much processor time again as the kernel's part of the work.
"""

import asyncio
import os
from collections.abc import Callable

from loguru import logger

from revenge.api.outlets import Outlets
from revenge.api.warm import Warmth

SLICE = 4 << 20
"""Bytes sent before others have their turn: as much as a socket takes at once, half a millisecond of the loop."""

Count = Callable[[int], None]
"""Takes how many bytes have been sent, each time some have."""


class Flow:
    """Sends `[offset, end)` of a file whenever the socket takes bytes. `offset` tells how far it has come."""

    __slots__ = ("_count", "_end", "_error", "_fd", "_out", "_outlets", "_over", "_warmth", "moved", "offset")

    def __init__(self, outlets: Outlets, out: int, fd: int, warmth: Warmth, offset: int, end: int, count: Count) -> None:
        self.offset = offset
        self.moved = 0.0
        self._outlets, self._out, self._fd, self._warmth, self._end, self._count = outlets, out, fd, warmth, end, count
        self._over: asyncio.Future[None] | bool = False
        self._error: OSError | None = None

    async def run(self) -> None:
        """Send to the end, or to where the bytes are not in memory.

        ConnectionError when the peer takes nothing for long, or the file has become shorter: nothing is made up for what is missing. Any
        other OSError is the kernel's.
        """
        self.more()
        if not self._over:  # a short range has gone as a whole by now
            over = self._over = asyncio.get_running_loop().create_future()
            self._outlets.watch(self._out, self)
            try:
                await over
            finally:
                self._outlets.leave(self._out)
        if self._error is not None:
            raise self._error

    def more(self) -> int:
        """The socket may take bytes: give it a slice, and return how many it took."""
        until = self._warmth.reach(self.offset, self._end, SLICE)
        if until <= self.offset:
            self._finish(None)
            return 0
        try:
            sent = os.sendfile(self._out, self._fd, self.offset, min(until - self.offset, SLICE))
        except BlockingIOError:
            return 0
        except OSError as error:
            self._finish(error)
            return 0
        if not sent:
            self._finish(shortened())
            return 0
        self.offset += sent
        self.moved = self._outlets.time()
        self._count(sent)
        if self.offset == self._end:
            self._finish(None)
        return sent

    def fail(self, error: OSError) -> None:
        """Send no more: `run` raises the error."""
        self._finish(error)

    def _finish(self, error: OSError | None) -> None:
        """Let `run` go on."""
        self._error = self._error or error
        if isinstance(self._over, asyncio.Future):
            if not self._over.done():
                self._over.set_result(None)
        else:
            self._over = True


def shortened() -> ConnectionResetError:
    """The error for a file that ends before what was promised of it; said in the log, since the peer only sees the connection close."""
    logger.warning("A file became shorter while it was being sent; the connection is closed.")
    return ConnectionResetError("the file has become shorter")
