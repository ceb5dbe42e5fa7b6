"""Answers that the kernel sends: their share is a rate on the connection, and what the peer has taken is the kernel's own count."""

import asyncio
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Protocol

from revenge.core.qos import Qos
from revenge.infra.bandwidth.demand import Demand
from revenge.infra.bandwidth.sockets import Sent, hold_little, sent, set_rate

_SAME = 0.01
"""Rates that are higher by less are not worth a system call. Lower ones always hold: together they would be more than there is."""
_FEW = 2
"""Segments by which is judged at least."""
_SLOWEST = 64 << 10
"""Bytes per second of an answer that is to stop: no socket can, it gets nothing more to send."""


class Connection(Protocol):
    """A connection's transport."""

    def is_closing(self) -> bool:
        """Whether it has ended, or is about to: its descriptor may be another's by now."""

    def fileno(self) -> int:
        """Its socket's descriptor, which stays its own."""


class Paced:
    """One answer on one connection, until the kernel has sent the last of it."""

    def __init__(
        self,
        qos: Qos,
        user: str,
        connection: Connection,
        *,
        remote: bool,
        viewing: str = "",
        most: float = inf,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`most` is what this answer may have at most, in bytes per second, whatever there is."""
        self.qos, self.user, self.remote, self.viewing = qos, user, remote, viewing
        self.rate = inf
        """Bytes per second it may have now."""
        self._connection, self._clock = connection, clock
        self._most = most
        self._demand = Demand(inf)
        self._acked = self._judged = self.sent().acked
        self._allowed, self._span, self._since = 0.0, 0.0, clock()
        self._going = asyncio.Event()
        self._going.set()
        if qos is Qos.MAINTENANCE:
            hold_little(connection.fileno(), little=True)

    @property
    def demand(self) -> float:
        """Bytes per second that are wanted."""
        return min(self._demand.rate, self._most)

    def sent(self) -> Sent:
        """Return how far the connection has come; zeros when it is over."""
        return Sent() if self._connection.is_closing() else sent(self._connection.fileno())

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return self._connection.is_closing()

    def look(self, seconds: float) -> int:
        """See and return how many bytes the peer took within the last so many seconds.

        What it wants is judged by no less than a few segments: of fewer, none or one too many may come while one looks.
        """
        acked, _, segment = self.sent()
        self._count_allowed()
        self._span += seconds
        if self._allowed >= _FEW * segment:
            self._demand.see(max(acked - self._judged, 0), self._allowed, self._span)
            self._judged, self._allowed, self._span = acked, 0.0, 0.0
        taken, self._acked = max(acked - self._acked, 0), acked
        return taken

    def allow(self, rate: float) -> None:
        """Let so many bytes per second through from now on."""
        rate = min(rate, self._most)
        if self.rate <= rate < self.rate * (1 + _SAME) or rate == self.rate:
            return
        self._count_allowed()
        self.rate = rate
        self._pace(max(rate, _SLOWEST))
        if rate:
            self._going.set()
        else:
            self._going.clear()

    async def turn(self) -> None:
        """Return when the next piece may go: at once, unless there is nothing at all for this class now."""
        await self._going.wait()

    def free(self) -> None:
        """Lift the rate: the connection is anybody's again."""
        self._pace(inf)
        if self.qos is Qos.MAINTENANCE and not self._connection.is_closing():
            hold_little(self._connection.fileno(), little=False)

    def _pace(self, rate: float) -> None:
        if not self._connection.is_closing():
            set_rate(self._connection.fileno(), rate)

    def _count_allowed(self) -> None:
        now = self._clock()
        if now > self._since:
            self._allowed += self.rate * (now - self._since)
        self._since = now
