"""How much is being sent, by class: what metrics show and what limits will be divided by."""

from typing import Self

from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import Link


class Traffic:
    """Counts open streams and sent bytes of this node."""

    def __init__(self, link: Link | None = None) -> None:
        self.link = link or Link()

    def stream(self, qos: Qos) -> "Stream":
        """One stream more, as long as the returned block lasts."""
        return Stream(self, qos)


class Stream:
    """One answer being streamed; `add` takes its bytes as they are sent."""

    __slots__ = ("_qos", "_traffic")

    def __init__(self, traffic: Traffic, qos: Qos) -> None:
        self._traffic = traffic
        self._qos = qos

    def __enter__(self) -> Self:
        self._traffic.link.streams[self._qos] += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._traffic.link.streams[self._qos] -= 1

    def add(self, count: int) -> None:
        """So many bytes more have been sent."""
        self._traffic.link.count(self._qos, count)
