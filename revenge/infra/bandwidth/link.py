"""Everything that one node sends, or fetches: who takes part now, and what each of them may have."""

import asyncio
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Protocol

from revenge.core.qos import Qos
from revenge.infra.bandwidth.metered import Metered
from revenge.infra.bandwidth.paced import Paced
from revenge.infra.bandwidth.shares import Limits, Want, divide

LOOK = 0.25
"""Seconds between two looks at what everybody takes."""
AFTERGLOW = 1.0
"""Seconds after its last answer in which a stream still counts as watched: players ask piece by piece."""
_GATHER = 0.01
"""Seconds between two divisions at least, however many come and go."""
_IDLE = 10.0
"""Seconds after which a person's bodies are no taker any more."""


class Taker(Protocol):
    """Somebody who takes a share."""

    @property
    def qos(self) -> Qos:
        """Its class."""

    @property
    def user(self) -> str:
        """Whom it is for."""

    @property
    def remote(self) -> bool:
        """Whether it goes beyond the house."""

    @property
    def demand(self) -> float:
        """Bytes per second that are wanted; `inf` for as many as there are."""

    def look(self, seconds: float) -> None:
        """See what was taken within the last so many seconds."""

    def allow(self, rate: float) -> None:
        """Take note of what it may have from now on, in bytes per second."""


class Link:
    """Shares its limits out among takers: when one comes or goes, and four times a second meanwhile. Without limits it does nothing."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._takers: dict[Taker, None] = {}
        self._bodies: dict[tuple[Qos, str, bool], Metered] = {}
        self._glow: dict[tuple[str, bool], float] = {}
        """Until when people whose stream has ended count as watching."""
        self._looked_at = self._divided_at = -inf
        self._next: asyncio.TimerHandle | None = None
        self._soon: asyncio.TimerHandle | None = None

    @property
    def limits(self) -> Limits:
        """What holds now."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        if limits != self._limits:
            self._limits = limits
            self._divide()

    @property
    def wanted_remotely(self) -> float:
        """Bytes per second that are wanted by remote networks; `inf` for as much as there is."""
        return sum(taker.demand for taker in self._takers if taker.remote)

    def join(self, taker: Taker) -> None:
        """Take part from now on."""
        self._takers[taker] = None
        if self._limits.bind and self._change():
            taker.allow(self._limits.tightest / len(self._takers))  # for those few milliseconds

    def leave(self, taker: Taker) -> None:
        """Take part no longer: its share is the others' now."""
        if taker not in self._takers:
            return
        del self._takers[taker]
        if self._limits.bind:
            if taker.qos is Qos.STREAM:
                self._glow[taker.user, taker.remote] = self._clock() + AFTERGLOW
            self._change()

    def finish(self, paced: Paced) -> None:
        """Take part until the kernel has sent what it still holds: everything was handed to it."""
        queued = paced.sent().queued
        if not queued or not self._limits.bind:
            self.leave(paced)
        elif paced in self._takers:
            asyncio.get_running_loop().call_later(min(max(queued / (paced.rate or 1), _GATHER), LOOK), self.finish, paced)

    async def body(self, qos: Qos, user: str, count: int, *, remote: bool) -> None:
        """Return when a body of so many bytes may go; at once without limits, and for the interface."""
        if not self._limits.bind:
            return
        key = (qos, "" if qos is Qos.INTERFACE else user, remote)
        metered = self._bodies.get(key)
        if metered is None:
            metered = self._bodies[key] = Metered(*key[:2], remote=remote, clock=self._clock)
            self.join(metered)
        await metered.take(count)

    def close(self) -> None:
        """Look at nothing any more."""
        for handle in (self._next, self._soon):
            if handle is not None:
                handle.cancel()
        self._next = self._soon = None

    def _change(self) -> bool:
        """Divide anew: now, or (True) in a moment together with whoever else comes and goes."""
        wait = self._divided_at + _GATHER - self._clock()
        if wait <= 0 and self._soon is None:
            self._divide()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(wait, self._divide)
        return self._soon is not None

    def _divide(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        now = self._divided_at = self._clock()
        takers = list(self._takers)
        wants = [Want(taker.qos, taker.user, taker.demand, taker.remote) for taker in takers]
        wants += [Want(Qos.STREAM, user, 0.0, remote) for (user, remote), until in self._glow.items() if until > now]
        for taker, rate in zip(takers, divide(self._limits, wants), strict=False):  # those who only glow get nothing
            taker.allow(rate)
        if self._next is None and self._limits.bind:
            self._looked_at = now
            self._next = asyncio.get_running_loop().call_later(LOOK, self._look)

    def _look(self) -> None:
        """See what everybody takes, and divide by that; no more of it when nobody is left."""
        self._next = None
        now = self._clock()
        for key, metered in list(self._bodies.items()):
            if not metered.waiting and now - metered.used_at > _IDLE:
                del self._bodies[key], self._takers[metered]
        for taker in self._takers:
            taker.look(now - self._looked_at)
        self._glow = {who: until for who, until in self._glow.items() if until > now}
        if self._takers or self._glow:
            self._divide()
