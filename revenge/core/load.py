"""How busy a node is, measured now and then."""

from collections.abc import Mapping

from msgspec import Struct

EVERY = 2.0
"""Seconds between two samples."""
KEPT = 300
"""Samples that are kept: ten minutes."""


class Sample(Struct, frozen=True):
    """One look at one node."""

    at: float
    """Unix time in seconds."""
    sent: Mapping[str, float]
    """Bytes per second by class of urgency (`interface`, `stream`, `person`, `background`, `maintenance`)."""
    fetched: Mapping[str, float]
    """The same for what outside services are asked for."""
    answers: int
    """Streamed answers that are open on this node."""
    watching: int
    """People who watch, on all nodes."""
    slots: Mapping[str, int]
    """Jobs of each queue that may run at once on this node."""
    running: Mapping[str, int]
    """Jobs of each queue that run on this node."""
    waiting: Mapping[str, int]
    """Jobs of each queue that could begin, on all nodes."""
