"""How much somebody could use, guessed from how much they took of what they might have had."""

from collections import deque
from math import inf

_LOOKS = 4
"""Looks that count: at four a second, what was taken within the last second."""
_FULL = 0.9
"""Who took so much of what was allowed would have taken more."""
_AIR = 1.25
"""What somebody takes comes in gusts: allow for a little more."""


class Demand:
    """What one taker wants. It begins with a guess, until it is seen what they take."""

    def __init__(self, guess: float) -> None:
        self._seen = deque([guess] * _LOOKS, maxlen=_LOOKS)

    def see(self, taken: float, allowed: float, seconds: float) -> None:
        """Take in how many bytes were taken since the last look, how many would have been allowed, and how long ago that was."""
        self._seen.append(inf if taken >= allowed * _FULL else taken / seconds * _AIR)

    @property
    def rate(self) -> float:
        """Bytes per second that are wanted; `inf` for as many as there are."""
        return max(self._seen)
