"""A bucket of tokens that is one number: the moment at which everything spent so far is paid for (GCRA)."""

from collections.abc import Callable
from math import inf

_BURST = 0.01
"""Seconds' worth of bytes that may go at once: timers are late by as much, and what they are late is made up for."""
_SLOWEST = 1e-3
"""Bytes per second that stand for nothing at all."""


class Bucket:
    """Lets `rate` bytes per second through. What is too large for it goes as a whole, and the next ones wait the longer."""

    def __init__(self, rate: float, clock: Callable[[], float], burst: float = _BURST) -> None:
        self._rate = max(rate, _SLOWEST)
        self._clock = clock
        self._burst = burst
        self._paid_at = clock() - burst

    @property
    def rate(self) -> float:
        """Bytes per second."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        """What is owed is paid off at the new rate."""
        rate, now = max(rate, _SLOWEST), self._clock()
        if self._paid_at > now:
            self._paid_at = now + (self._paid_at - now) * self._rate / rate
        self._rate = rate

    def wait(self) -> float:
        """Return the seconds until something may go; 0 for now, `inf` while nothing may."""
        return inf if self._rate <= _SLOWEST else max(0.0, self._paid_at - self._clock())

    def spend(self, count: int) -> None:
        """Take tokens for so many bytes; a negative count gives back what did not go."""
        if self._rate < inf:
            self._paid_at = max(self._paid_at, self._clock() - self._burst) + count / self._rate
