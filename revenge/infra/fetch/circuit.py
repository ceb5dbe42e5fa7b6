"""A service that failed five times is left alone for a while, then asked once."""

from collections.abc import Iterator
from contextlib import contextmanager

from circuitbreaker import STATE_HALF_OPEN, CircuitBreaker

from revenge.core.sources import Unreachable

FAILURES = 5
"""In a row, after which it is left alone."""
REST = 30
"""Seconds until it is asked again."""


class Down(Unreachable):
    """It failed: no connection, no answer in time, or one that says it is broken. Being busy is no failure."""


class Circuit:
    """Lets calls through, or raises Unreachable at once. What counts as a failure is a Down."""

    def __init__(self, name: str, rest: float = REST) -> None:
        self._name = name
        self._breaker = CircuitBreaker(failure_threshold=FAILURES, recovery_timeout=rest, expected_exception=Down, name=name)
        self._probing = False

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return int(self._breaker.failure_count)

    @property
    def rests(self) -> float:
        """Seconds for which it is still left alone; 0 when it may be asked."""
        return max(0.0, float(self._breaker.open_remaining)) if self._breaker.opened else 0.0

    def check(self) -> None:
        """Raise Unreachable when no call may be made now: it rests, or it is just being found out whether it is back."""
        if self._breaker.opened or self._probing:
            raise Unreachable(f"{self._name} did not answer several times and is left alone for a while.", retry_after=self.rests or 1)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Make a call in the block. While it is not known whether the service is back, one call at a time may find out."""
        self.check()
        probe = self._probing = self._breaker.state == STATE_HALF_OPEN
        try:
            with self._breaker:
                yield
        finally:
            if probe:
                self._probing = False
