"""Classes of traffic, most urgent first: people who watch come before work in the background."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum


class Qos(IntEnum):
    """How urgent bytes are; each endpoint and each outgoing call names one."""

    INTERFACE = 0
    """P0: pages and API."""
    STREAM = 1
    """P1: what somebody watches now."""
    PERSON = 2
    """P2: what a person asked for and waits for: a download, a manual refresh."""
    BACKGROUND = 3
    """P3: scans, thumbnails, apps that fetch ahead."""
    MAINTENANCE = 4
    """P4: clean-up, analytics."""


_AT_HAND: ContextVar[Qos] = ContextVar("urgency", default=Qos.INTERFACE)


def urgency() -> Qos:
    """Return how urgent the work at hand is; what is scarce is shared by it. What nobody says anything about is a person's."""
    return _AT_HAND.get()


@contextmanager
def as_urgent_as(qos: Qos) -> Iterator[None]:
    """Say how urgent what is done in the block is, tasks that it starts included."""
    token = _AT_HAND.set(qos)
    try:
        yield
    finally:
        _AT_HAND.reset(token)
