"""The sockets that answers wait to write to, watched by one epoll of their own.

A watch of the event loop's for each of them would cost a handle, a callback and half a dozen system calls per answer; here it is two calls,
and the loop watches one descriptor for all.
"""

import asyncio
import select
from typing import Protocol

_AT_ONCE = 16
"""Sockets that are served before the loop has its turn."""
_MANY = 1 << 20
"""A socket that takes so many bytes at once has a large buffer, and takes as many again in a few milliseconds."""
_SOON = 0.004
"""Seconds within which sockets must come one after another for the clock to be worth it: those that are limited have their time."""
_SHORTEST, _EACH, _LONGEST = 0.001, 0.0005, 0.008
"""Seconds until they are looked at again: at least, for each that is watched, and at most. Shorter, and most of the work would be turns of the loop,
since many that are served in one go cost half as much as each alone; longer, and they would run dry."""


class Sending(Protocol):
    """Who wants to write to a socket."""

    moved: float
    """When it last got rid of bytes, on the loop's clock; 0 before the first."""

    def more(self) -> int:
        """The socket may take bytes; return how many it took."""

    def fail(self, error: OSError) -> None:
        """The peer has taken nothing for too long."""


class Outlets:
    """Watches sockets for one event loop. A descriptor is watched for one sender at a time, and left before it is closed."""

    def __init__(self, stall: float) -> None:
        self._loop = asyncio.get_running_loop()
        self.stall = stall
        """Seconds a peer may take nothing."""
        self._epoll = select.epoll()
        self._watched: dict[int, Sending] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._served = 0.0
        self.time = self._loop.time
        """The loop's clock."""
        self._loop.add_reader(self._epoll.fileno(), self._ready)

    def close(self) -> None:
        """Watch nothing any more."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        for timer in (self._timer, self._again):
            if timer is not None:
                timer.cancel()

    def watch(self, out: int, sending: Sending) -> None:
        """Tell the sender whenever the socket takes bytes, until it leaves."""
        sending.moved = sending.moved or self.time()
        self._watched[out] = sending
        self._epoll.register(out, select.EPOLLOUT)
        if self._timer is None:
            self._timer = self._loop.call_later(self.stall, self._look)

    def leave(self, out: int) -> None:
        """Forget the socket."""
        del self._watched[out]
        self._epoll.unregister(out)

    async def room(self, out: int) -> None:
        """Return when the socket takes bytes; ConnectionResetError when it does not for too long."""
        waiting = _Room(self._loop.create_future())
        self.watch(out, waiting)
        try:
            await waiting.future
        finally:
            self.leave(out)

    def _ready(self) -> None:
        """Some socket takes bytes. As long as those that do take many and often, they are looked at by the clock."""
        before, pause = self._served, self._serve()
        if pause is not None and self._served - before < _SOON:
            self._loop.remove_reader(self._epoll.fileno())
            self._again = self._loop.call_later(pause, self._by_clock)

    def _by_clock(self) -> None:
        pause = self._serve()
        if pause is not None:
            self._again = self._loop.call_later(pause, self._by_clock)
        else:
            self._again = None
            self._loop.add_reader(self._epoll.fileno(), self._ready)

    def _serve(self) -> float | None:
        """Serve sockets that take bytes; return when to look again, None where that must be told."""
        ready, sent = self._epoll.poll(0, _AT_ONCE), 0
        for out, _ in ready:
            sending = self._watched.get(out)
            if sending is not None:  # one served before it in this turn cannot have ended it, but a callback may do anything
                sent += sending.more()
        self._served = self.time()
        if not ready or sent < _MANY * len(ready):
            return None
        return 0.0 if len(ready) == _AT_ONCE else min(max(_SHORTEST, _EACH * len(self._watched)), _LONGEST)

    def _look(self) -> None:
        """Give up on peers that took nothing for so long; look again when the next one could have."""
        since = self.time() - self.stall
        for sending in [one for one in self._watched.values() if one.moved <= since]:
            sending.fail(ConnectionResetError("the peer takes nothing"))
        left = [one.moved for one in self._watched.values() if one.moved > since]
        self._timer = self._loop.call_later(min(left) - since, self._look) if left else None


class _Room:
    """A wait for room in a socket."""

    def __init__(self, future: "asyncio.Future[None]") -> None:
        self.future = future
        self.moved = 0.0

    def more(self) -> int:
        if not self.future.done():
            self.future.set_result(None)
        return 0

    def fail(self, error: OSError) -> None:
        if not self.future.done():
            self.future.set_exception(error)
