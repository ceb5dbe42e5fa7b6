"""What artwork is."""

from msgspec import Struct


class Poster(Struct, frozen=True):
    """A picture of an item, as a page shows it."""

    url: str
    """Root-relative; it holds for a day and for this login."""
    blurhash: str
    """What to show until the picture is there."""
