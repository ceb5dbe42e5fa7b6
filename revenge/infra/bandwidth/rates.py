"""How many bytes per second pass, told by class: what metrics and curves show."""

from collections.abc import Callable
from math import exp
from time import monotonic

from revenge.core.qos import Qos

_SPAN = 3.0
"""Seconds over which is averaged: what the kernel takes comes in gusts of a second or two."""


class Rates:
    """Averages what passes; what passed longer ago counts the less. Nothing runs for it, and whoever looks changes nothing."""

    def __init__(self, clock: Callable[[], float] = monotonic, span: float = _SPAN) -> None:
        self._clock = clock
        self._span = span
        self._seen = [(0.0, clock())] * len(Qos)
        """Bytes per second, and when that was."""

    def add(self, qos: Qos, count: float) -> None:
        """So many bytes have passed."""
        if count:
            now = self._clock()
            self._seen[qos] = (self._rate(qos, now) + count / self._span, now)

    def now(self) -> dict[Qos, float]:
        """Return the bytes per second of each class."""
        now = self._clock()
        return {qos: self._rate(qos, now) for qos in Qos}

    def _rate(self, qos: Qos, now: float) -> float:
        rate, at = self._seen[qos]
        return rate * exp((at - now) / self._span)
