"""What a viewing is."""

from msgspec import Struct


class Progress(Struct, frozen=True):
    """How far a person has come with an item."""

    position_ms: int
    duration_ms: int
    watched: bool
