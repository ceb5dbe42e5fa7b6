"""A stretch of a file on its way into a socket, moved on by the event loop's own callback.

A coroutine that is woken for every slice would cost half as much processor time again as the kernel's part of the work.
"""

import asyncio
import os
from collections.abc import Callable

from loguru import logger

from revenge.api.warm import Warmth

SLICE = 4 << 20
"""Bytes sent before others have their turn: as much as a socket takes at once, half a millisecond of the loop."""
_FAST = 1 << 20
_SOON = 0.003
"""A peer that takes so many bytes within so many seconds is ready again before the loop could say so."""
_PAUSE = 0.001
"""Seconds until such a peer gets more. Shorter, and most of the work would be turns of the loop; longer, and the connection would run dry."""

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
        self._pause: asyncio.TimerHandle | None = None
        self._watching = False
        self._moved = self._stall = 0.0

    async def run(self, stall: float) -> None:
        """Send to the end, or to where the bytes are not in memory.

        ConnectionError when the peer takes nothing for `stall` seconds, or the file has become shorter: nothing is made up for what is
        missing. Any other OSError is the kernel's.
        """
        self._stall = stall
        self._more()
        if not self._over.done():  # a short range has gone as a whole by now
            self._moved = self._moved or self._loop.time()
            self._timer = self._loop.call_later(stall, self._look)
        try:
            await self._over
        finally:
            self._end_with(None)

    def _more(self) -> None:
        """The socket may take bytes: give it a slice."""
        until = self._warmth.reach(self.offset, self._end, SLICE)
        if until <= self.offset:
            self._end_with(None)
            return
        try:
            sent = os.sendfile(self._out, self._fd, self.offset, min(until - self.offset, SLICE))
        except BlockingIOError:
            self._watch()
            return
        except OSError as error:
            self._end_with(error)
            return
        if not sent:
            self._end_with(shortened())
            return
        self.offset += sent
        self._count(sent)
        if self.offset == self._end:
            self._end_with(None)
            return
        before, self._moved = self._moved, self._loop.time()
        if sent >= _FAST and self._moved - before < _SOON:
            self._rest()
        else:
            self._watch()

    def _watch(self) -> None:
        """Have the loop say when the socket takes bytes."""
        if not self._watching:
            self._watching = True
            self._loop.add_writer(self._out, self._more)

    def _rest(self) -> None:
        """Come back in a moment, without being told."""
        self._unwatch()
        self._pause = self._loop.call_later(_PAUSE, self._more)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_writer(self._out)

    def _look(self) -> None:
        """Give up on a peer that took nothing for so long; look again later at any other."""
        idle = self._loop.time() - self._moved
        if idle >= self._stall:
            self._end_with(ConnectionResetError("the peer takes nothing"))
        else:
            self._timer = self._loop.call_later(self._stall - idle, self._look)

    def _end_with(self, error: OSError | None) -> None:
        """Watch the socket no longer, and let `run` go on."""
        self._unwatch()
        for timer in (self._timer, self._pause):
            if timer is not None:
                timer.cancel()
        self._timer = self._pause = None
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
