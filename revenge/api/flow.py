"""A stretch of a file on its way into a socket, moved on by the event loop's own callback.

A coroutine that is woken for every slice would cost half as much processor time again as the kernel's part of the work.
"""

import asyncio
import os
from collections.abc import Callable

from loguru import logger

from revenge.api.warm import Warmth

SLICE = 2 << 20
"""Bytes sent before others have their turn: 1-2 ms of the loop."""

Count = Callable[[int], None]
"""Takes how many bytes have been sent, each time some have."""


class Flow:
    """Sends `[offset, end)` of a file whenever the socket takes bytes. `offset` tells how far it has come."""

    def __init__(self, out: int, fd: int, warmth: Warmth, offset: int, end: int, count: Count) -> None:
        self.offset = offset
        self._out, self._fd, self._warmth, self._end, self._count = out, fd, warmth, end, count
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._moved = self._stall = 0.0

    async def run(self, stall: float) -> None:
        """Send to the end, or to where the bytes are not in memory.

        ConnectionError when the peer takes nothing for `stall` seconds, or the file has become shorter: nothing is made up for what is
        missing. Any other OSError is the kernel's.
        """
        self._moved, self._stall = self._loop.time(), stall
        self._more()
        if not self._over.done():  # a short range has gone as a whole by now
            self._timer = self._loop.call_later(stall, self._look)
            self._loop.add_writer(self._out, self._more)
        try:
            await self._over
        finally:
            self._end_with(None)

    def _more(self) -> None:
        """The socket may take bytes: give it a slice."""
        if self.offset >= self._warmth.until and not self._warmth.look(self.offset, self._end):
            self._end_with(None)
            return
        try:
            sent = os.sendfile(self._out, self._fd, self.offset, min(self._end - self.offset, SLICE))
        except BlockingIOError:
            return
        except OSError as error:
            self._end_with(error)
            return
        if not sent:
            self._end_with(shortened())
            return
        self.offset += sent
        self._moved = self._loop.time()
        self._count(sent)
        if self.offset == self._end:
            self._end_with(None)

    def _look(self) -> None:
        """Give up on a peer that took nothing for so long; look again later at any other."""
        idle = self._loop.time() - self._moved
        if idle >= self._stall:
            self._end_with(ConnectionResetError("the peer takes nothing"))
        else:
            self._timer = self._loop.call_later(self._stall - idle, self._look)

    def _end_with(self, error: OSError | None) -> None:
        """Watch the socket no longer, and let `run` go on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._loop.remove_writer(self._out)
        if self._over.done():
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)


def shortened() -> ConnectionResetError:
    """The error for a file that ends before what was promised of it; said in the log, since the peer only sees the connection close."""
    logger.warning("A file became shorter while it was being sent; the connection is closed.")
    return ConnectionResetError("the file has become shorter")
