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
_FAST = 1 << 20
_SOON = 0.003
"""A peer that takes so many bytes within so many seconds is ready again before anybody could say so."""
_PAUSE = 0.001
"""Seconds until such a peer gets more. Shorter, and most of the work would be turns of the loop; longer, and the connection would run dry."""

Count = Callable[[int], None]
"""Takes how many bytes have been sent, each time some have."""


class Flow:
    """Sends `[offset, end)` of a file whenever the socket takes bytes. `offset` tells how far it has come."""

    __slots__ = ("_count", "_end", "_error", "_fd", "_out", "_outlets", "_over", "_pause", "_warmth", "moved", "offset")

    def __init__(self, outlets: Outlets, out: int, fd: int, warmth: Warmth, offset: int, end: int, count: Count) -> None:
        self.offset = offset
        self.moved = 0.0
        self._outlets, self._out, self._fd, self._warmth, self._end, self._count = outlets, out, fd, warmth, end, count
        self._over: asyncio.Future[None] | bool = False
        self._error: OSError | None = None
        self._pause: asyncio.TimerHandle | None = None

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
                if self._pause is not None:
                    self._pause.cancel()
        if self._error is not None:
            raise self._error

    def more(self) -> None:
        """The socket may take bytes: give it a slice."""
        until = self._warmth.reach(self.offset, self._end, SLICE)
        if until <= self.offset:
            self._finish(None)
            return
        try:
            sent = os.sendfile(self._out, self._fd, self.offset, min(until - self.offset, SLICE))
        except BlockingIOError:
            self._wait()
            return
        except OSError as error:
            self._finish(error)
            return
        if not sent:
            self._finish(shortened())
            return
        self.offset += sent
        self._count(sent)
        if self.offset == self._end:
            self._finish(None)
            return
        before, self.moved = self.moved, self._outlets.time()
        if sent >= _FAST and self.moved - before < _SOON:
            self._rest()
        else:
            self._wait()

    def fail(self, error: OSError) -> None:
        """Send no more: `run` raises the error."""
        self._finish(error)

    def _wait(self) -> None:
        """Be told when the socket takes bytes."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
            self._outlets.listen(self._out, wanted=True)

    def _rest(self) -> None:
        """Come back in a moment, without being told."""
        if self._pause is None:
            self._outlets.listen(self._out, wanted=False)
        else:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(_PAUSE, self.more)

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
