"""Dividing something scarce so that nobody is worse off than they must be."""

from collections.abc import Sequence


def fill(amount: float, wants: Sequence[float]) -> list[float]:
    """Divide an amount max-min fairly: nobody gets more than they want, and whoever gets less than they want gets as much as anybody."""
    got = [0.0] * len(wants)
    left, waiting = amount, len(wants)
    for place in sorted(range(len(wants)), key=wants.__getitem__):
        got[place] = min(wants[place], left / waiting)
        left -= got[place]
        waiting -= 1
    return got
