"""How much is being sent, by class: what metrics show and what limits will be divided by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

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

    @contextmanager
    def stream(self, qos: Qos) -> Iterator[Callable[[int], None]]:
        """Count one stream as long as the block lasts; the yielded function takes the bytes as they are sent."""
        self.streams[qos] += 1
        try:
            yield lambda count: self._add(qos, count)
        finally:
            self.streams[qos] -= 1

    def rate(self) -> float:
        """Bytes per second between the last two looks that were a second or more apart."""
        now, total = self._clock(), sum(self.sent.values())
        if now - self._at >= 1:
            self._rate = (total - self._seen) / (now - self._at)
            self._seen, self._at = total, now
        return self._rate

    def _add(self, qos: Qos, count: int) -> None:
        self.sent[qos] += count
