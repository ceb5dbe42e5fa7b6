"""Who still counts as watching although nothing is sent to them this moment: players ask piece by piece."""

from collections.abc import Callable, Collection, Iterator

from msgspec import Struct

from revenge.infra.bandwidth.taker import Taker

AFTERGLOW = 0.5
"""Seconds in which somebody counts whose connection has ended: players change connections."""
BETWEEN = 10.0
"""Seconds in which somebody counts whose player keeps its connection: longer than a segment lasts."""


class _Ember(Struct, frozen=True):
    taker: Taker
    until: float


class Glow:
    """Streams whose answer is over, until it is clear that no other follows."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._embers: dict[tuple[str, bool], _Ember] = {}
        """One for each person, near and far."""

    def __bool__(self) -> bool:
        return bool(self._embers)

    def __iter__(self) -> Iterator[tuple[str, bool]]:
        """Yield whom it is for, and whether they are beyond the house."""
        return iter(self._embers)

    def add(self, taker: Taker) -> None:
        """An answer of a stream is over."""
        self._embers[taker.user, taker.remote] = _Ember(taker, self._clock() + (AFTERGLOW if taker.gone else BETWEEN))

    def look(self) -> None:
        """Forget those whose time is over, and soon those whose connection has ended."""
        now = self._clock()
        soon = now + AFTERGLOW
        aged = {who: _Ember(ember.taker, soon) if ember.until > soon and ember.taker.gone else ember for who, ember in self._embers.items()}
        self._embers = {who: ember for who, ember in aged.items() if ember.until > now}

    def end(self, viewings: Collection[str]) -> None:
        """These viewings have ended: nothing more will be asked of them."""
        self._embers = {who: ember for who, ember in self._embers.items() if ember.taker.viewing not in viewings}
