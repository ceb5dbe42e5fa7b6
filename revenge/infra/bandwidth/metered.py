"""Bytes that pay before they go: bodies made in memory, and what is fetched."""

import asyncio
from collections.abc import Callable
from math import inf
from time import monotonic

from revenge.core.qos import Qos
from revenge.infra.bandwidth.bucket import Bucket
from revenge.infra.bandwidth.demand import Demand

_LONGEST_WAIT = 60.0
"""Seconds until one looks again, whatever happens."""


class Metered:
    """One person's bodies of one class. The interface never waits: it is counted, and the others have so much less."""

    def __init__(self, qos: Qos, user: str, *, remote: bool, clock: Callable[[], float] = monotonic) -> None:
        self.qos, self.user, self.remote = qos, user, remote
        self.viewing, self.gone = "", False
        self.waiting = 0
        """Bodies that wait now."""
        self.used_at = clock()
        """When something went last."""
        self._clock = clock
        self._bucket = Bucket(inf, clock)
        self._demand = Demand(0.0)
        self._taken = 0
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    async def take(self, count: int) -> None:
        """Return when so many bytes may go. Who is cancelled while waiting has taken nothing."""
        if self.qos is not Qos.INTERFACE:
            self.waiting += 1
            try:
                async with self._turn:  # first come, first served
                    await self._due()
            finally:
                self.waiting -= 1
            self._bucket.spend(count)
        self._taken += count
        self.used_at = self._clock()

    @property
    def demand(self) -> float:
        """Bytes per second that are wanted."""
        return self._demand.rate

    def look(self, seconds: float) -> int:
        """See and return how many bytes were taken within the last so many seconds."""
        taken, self._taken = self._taken, 0
        self._demand.see(taken, 0.0 if self.waiting else inf, seconds)
        return taken

    def allow(self, rate: float) -> None:
        """Let so many bytes per second through from now on."""
        self._bucket.rate = rate
        self._changed.set()

    async def _due(self) -> None:
        while wait := self._bucket.wait():
            self._changed.clear()
            try:
                async with asyncio.timeout(min(wait, _LONGEST_WAIT)):
                    await self._changed.wait()
            except TimeoutError:
                continue
