"""How often one place may knock at doors that are open to strangers."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from revenge.core.errors import TooMany

_MOST_PLACES = 10_000


class Pace:
    """A bucket of knocks per place, on this node alone: it spares work; what must hold on all nodes is the back-off's business."""

    def __init__(self, burst: int = 100, per_second: float = 20, seconds: Callable[[], float] = monotonic) -> None:
        self._burst = burst
        self._rate = per_second
        self._seconds = seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What was left for a place, and when."""

    def knock(self, place: str) -> None:
        """Take one from the place's bucket; TooMany when it is empty."""
        now = self._seconds()
        left, then = self._left.pop(place, (float(self._burst), now))
        left = min(self._burst, left + (now - then) * self._rate)
        self._left[place] = (max(left - 1, 0), now)
        if len(self._left) > _MOST_PLACES:
            self._left.popitem(last=False)
        if left < 1:
            raise TooMany("Too many requests from your address; try again in a moment.", retry_after=1)
