"""A picture in several sizes: the words between the node and the image children."""

from msgspec import Struct

MAX_BYTES = 32 << 20
"""A larger file is no poster."""


class PictureSize(Struct, frozen=True):
    """One size of a picture, as WebP."""

    width: int
    """Pixels that were asked for; a small original is not blown up, so the picture itself may be narrower."""
    data: bytes


class Picture(Struct, frozen=True):
    """A picture in several widths, the largest first."""

    width: int
    height: int
    """Pixels of the original, upright."""
    blurhash: str
    sizes: tuple[PictureSize, ...]
