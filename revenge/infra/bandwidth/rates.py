"""How many bytes per second pass, told by class: what metrics and curves show."""

from collections.abc import Callable, Mapping
from math import exp
from time import monotonic

from revenge.core.qos import Qos

_SPAN = 3.0
"""Seconds over which is averaged: what the kernel takes comes in gusts of a second or two."""


class Rates:
    """Averages what passes; what passed longer ago counts the less. It is told totals, whenever somebody looks: nothing runs for it."""

    def __init__(self, clock: Callable[[], float] = monotonic, span: float = _SPAN) -> None:
        self._clock = clock
        self._span = span
        self._rates = [0.0] * len(Qos)
        self._totals = [0] * len(Qos)
        self._at = clock()

    def begin(self, totals: Mapping[Qos, int]) -> None:
        """Count from these totals on: they are of another kind than those before."""
        self._totals = [totals[qos] for qos in Qos]
        self._at = self._clock()

    def now(self, totals: Mapping[Qos, int]) -> dict[Qos, float]:
        """Take in how many bytes of each class have passed in all, and return how many do per second."""
        now = self._clock()
        if (seconds := now - self._at) > 0:
            kept = exp(-seconds / self._span)
            for qos in Qos:
                passing = (totals[qos] - self._totals[qos]) / seconds
                self._rates[qos] = self._rates[qos] * kept + passing * (1 - kept)
            self.begin(totals)
        return {qos: self._rates[qos] for qos in Qos}
