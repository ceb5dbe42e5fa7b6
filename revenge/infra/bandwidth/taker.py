"""Whoever takes a share of what a node sends or fetches."""

from typing import Protocol

from revenge.core.qos import Qos


class Taker(Protocol):
    """Somebody who takes a share."""

    @property
    def qos(self) -> Qos:
        """Its class."""

    @property
    def user(self) -> str:
        """Whom it is for."""

    @property
    def remote(self) -> bool:
        """Whether it goes beyond the house."""

    @property
    def demand(self) -> float:
        """Bytes per second that are wanted; `inf` for as many as there are."""

    @property
    def viewing(self) -> str:
        """The viewing it belongs to; empty where it belongs to none."""

    @property
    def gone(self) -> bool:
        """Whether nothing can follow on the same connection."""

    def look(self, seconds: float) -> int:
        """See and return how many bytes were taken within the last so many seconds."""

    def allow(self, rate: float) -> None:
        """Take note of what it may have from now on, in bytes per second."""
