"""Everything that one node sends, or fetches: who takes part now, and what each of them may have."""

import asyncio
from collections.abc import Callable, Collection
from math import inf
from time import monotonic, thread_time

from revenge.core.qos import Qos
from revenge.infra.bandwidth.glow import Glow
from revenge.infra.bandwidth.metered import Metered
from revenge.infra.bandwidth.rates import Rates
from revenge.infra.bandwidth.shares import Limits, Want, divide
from revenge.infra.bandwidth.taker import Taker

LOOK = 0.25
"""Seconds between two looks at what everybody takes."""
_GATHER = 0.01
"""Seconds between two divisions at least, however many come and go."""
_WORTH = 20
"""A division is followed by a pause so many times as long: it takes a twentieth of the processor at most."""
_IDLE = 10.0
"""Seconds after which a person's bodies are no taker any more."""

Needs = list[float | None]
"""Bytes per second that each class wants; None for a class of which nobody takes part."""


def _nobody() -> bool:
    return False


def _nothing() -> None:
    """Nobody has to hear of limits."""


class Link:
    """Shares its limits out among takers: when one comes or goes, and four times a second meanwhile. Without limits it only counts."""

    def __init__(
        self, limits: Limits | None = None, clock: Callable[[], float] = monotonic, watched_elsewhere: Callable[[], bool] = _nobody
    ) -> None:
        """`watched_elsewhere` returns whether somebody watches what goes another way: the background steps back here, too."""
        self._limits = limits or Limits()
        self.binds = self._limits.bind
        """Whether there is any limit at all: asked for each answer, so it is not worked out each time."""
        self._clock = clock
        self._watched_elsewhere = watched_elsewhere
        self._takers: dict[Taker, None] = {}
        self._bodies: dict[tuple[Qos, str, bool], Metered] = {}
        self._glow = Glow(clock)
        self._rates = Rates(clock)
        self.streams = dict.fromkeys(Qos, 0)
        """Answers that are being streamed now."""
        self.passed = dict.fromkeys(Qos, 0)
        """Bytes that went out, or came in, since the start."""
        self._taken = dict.fromkeys(Qos, 0)
        """Bytes that peers took while there were limits: the kernel holds the rest of what passed."""
        self._looked_at, self._divided_at = clock(), -inf
        self._gather = _GATHER
        self._next: asyncio.TimerHandle | None = None
        self._soon: asyncio.TimerHandle | None = None
        self.on_bind: Callable[[], None] = _nothing
        """Called when limits are set where there were none: what is being sent already has to take part, too."""

    @property
    def limits(self) -> Limits:
        """What holds now."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        before, self._limits = self._limits, limits
        bound = self.binds
        if bound != limits.bind:
            self.rates()
            self.binds = limits.bind
            self._rates.begin(self._totals())
        if self.binds and not bound:
            self.on_bind()
        if limits != before:
            self._divide()

    @property
    def watched(self) -> bool:
        """Whether somebody streams."""
        return bool(self._glow) or any(taker.qos is Qos.STREAM for taker in self._takers)

    @property
    def remote_needs(self) -> Needs:
        """What remote networks want of this node."""
        needs: Needs = [None] * len(Qos)
        for taker in self._takers:
            if taker.remote:
                needs[taker.qos] = (needs[taker.qos] or 0.0) + taker.demand
        if needs[Qos.STREAM] is None and any(remote for _, remote in self._glow):
            needs[Qos.STREAM] = 0.0
        return needs

    def rates(self) -> dict[Qos, float]:
        """Return the bytes per second of each class of late: what peers took where there are limits, else what went out."""
        return self._rates.now(self._totals())

    def count(self, qos: Qos, count: int) -> None:
        """So many bytes of a stream went out. Where there are limits the kernel still holds much of it: rates are what peers took then."""
        self.passed[qos] += count

    def join(self, taker: Taker) -> None:
        """Take part from now on."""
        self._takers[taker] = None
        if self.binds and self._change():
            taker.allow(self._limits.tightest(remote=taker.remote) / len(self._takers))  # for those few milliseconds

    def leave(self, taker: Taker) -> None:
        """Take part no longer: its share is the others' now."""
        if taker not in self._takers:
            return
        del self._takers[taker]
        if self.binds:
            self._taken[taker.qos] += taker.look(LOOK)
            if taker.qos is Qos.STREAM:
                self._glow.add(taker)
            self._change()

    def ended(self, viewings: Collection[str]) -> None:
        """These viewings have ended: whoever waited for their streams need not wait for the next piece."""
        self._glow.end(viewings)

    async def body(self, qos: Qos, user: str, count: int, *, remote: bool) -> None:
        """Return when a body of so many bytes may go; at once without limits, and for the interface."""
        self.passed[qos] += count
        if not self.binds:
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

    def _totals(self) -> dict[Qos, int]:
        return self._taken if self.binds else self.passed

    def _change(self) -> bool:
        """Divide anew: now, or (True) in a moment together with whoever else comes and goes."""
        wait = self._divided_at + self._gather - self._clock()
        if wait <= 0 and self._soon is None:
            self._divide()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(wait, self._divide)
        return self._soon is not None

    def _divide(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        began = thread_time()  # not the clock: others on this machine take their time, too
        takers = list(self._takers)
        for taker, rate in zip(takers, divide(self._limits, self._wants(takers)), strict=False):  # those who only glow get nothing
            taker.allow(rate)
        now = self._divided_at = self._clock()
        self._gather = min(max(_GATHER, _WORTH * (thread_time() - began)), LOOK)
        if self._next is None and self.binds and (takers or self._glow):
            self._looked_at = now
            self._next = asyncio.get_running_loop().call_later(LOOK, self._look)

    def _wants(self, takers: Collection[Taker]) -> list[Want]:
        wants = [Want(taker.qos, taker.user, taker.demand, taker.remote) for taker in takers]
        wants += [Want(Qos.STREAM, user, 0.0, remote) for user, remote in self._glow]
        if self._watched_elsewhere():
            wants.append(Want(Qos.STREAM, "", 0.0))
        return wants

    def _look(self) -> None:
        """See what everybody takes, and divide by that; no more of it when nobody is left."""
        self._next = None
        now = self._clock()
        for key, metered in list(self._bodies.items()):
            if not metered.waiting and now - metered.used_at > _IDLE:
                del self._bodies[key], self._takers[metered]
        for taker in self._takers:
            self._taken[taker.qos] += taker.look(now - self._looked_at)
        self._glow.look()
        if self._takers or self._glow:
            self._divide()
