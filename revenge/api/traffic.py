"""How much is being sent, by class: what metrics show and what limits will be divided by."""

from collections.abc import Callable
from time import monotonic
from typing import Self

from revenge.core.qos import Qos

Clock = Callable[[], float]


class Traffic:
    """Counts open streams and sent bytes of this node."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self.streams = dict.fromkeys(Qos, 0)
        """Answers being streamed now."""
        self.sent = dict.fromkeys(Qos, 0)
        """Bytes of streamed answers since the start."""
        self._clock = clock
        self._seen, self._at = 0, clock()
        self._rate = 0.0

    def stream(self, qos: Qos) -> "Stream":
        """One stream more, as long as the returned block lasts."""
        return Stream(self, qos)

    def rate(self) -> float:
        """Bytes per second between the last two looks that were a second or more apart."""
        now, total = self._clock(), sum(self.sent.values())
        if now - self._at >= 1:
            self._rate = (total - self._seen) / (now - self._at)
            self._seen, self._at = total, now
        return self._rate


class Stream:
    """One answer being streamed; `add` takes its bytes as they are sent."""

    __slots__ = ("_qos", "_traffic")

    def __init__(self, traffic: Traffic, qos: Qos) -> None:
        self._traffic = traffic
        self._qos = qos

    def __enter__(self) -> Self:
        self._traffic.streams[self._qos] += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._traffic.streams[self._qos] -= 1

    def add(self, count: int) -> None:
        """So many bytes more have been sent."""
        self._traffic.sent[self._qos] += count
