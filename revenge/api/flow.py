"""Bytes on their way into a socket, moved on by the event loop's own callback.

A coroutine that is woken for every slice would cost about as much processor time as the kernel's part of the work.
"""

import asyncio
from collections.abc import Callable

Give = Callable[[], bool]
"""Gives the socket some bytes and returns whether that was all. BlockingIOError when it takes none now, any other error ends the flow."""


async def flow(out: int, give: Give, stall: float) -> None:
    """Call `give` whenever the socket takes bytes, until it has given all.

    ConnectionResetError when the socket takes nothing for `stall` seconds; otherwise what `give` raises.
    """
    try:
        if give():
            return  # most ranges are small: no need to watch the socket for them
    except BlockingIOError:
        pass
    await _Watched(out, give, stall).over()


class _Watched:
    """A socket that the loop watches for room."""

    def __init__(self, out: int, give: Give, stall: float) -> None:
        self._out, self._give, self._stall = out, give, stall
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._moved = self._loop.time()

    async def over(self) -> None:
        """Return when all is given."""
        self._timer = self._loop.call_later(self._stall, self._look)
        self._loop.add_writer(self._out, self._more)
        try:
            await self._over
        finally:
            self._timer.cancel()
            self._loop.remove_writer(self._out)

    def _more(self) -> None:
        """The socket takes bytes."""
        if self._over.done():
            return
        try:
            done = self._give()
        except BlockingIOError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits shall know
            self._end(error)
            return
        self._moved = self._loop.time()
        if done:
            self._end(None)

    def _look(self) -> None:
        """Give up on a peer that took nothing for so long; one timer for the whole way, since one for each wait would cost too much."""
        idle = self._loop.time() - self._moved
        if idle < self._stall:
            self._timer = self._loop.call_later(self._stall - idle, self._look)
        elif not self._over.done():
            self._end(ConnectionResetError("the peer takes nothing"))

    def _end(self, error: Exception | None) -> None:
        self._loop.remove_writer(self._out)  # at once: who waits has its turn only later, and the socket still takes bytes
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)
