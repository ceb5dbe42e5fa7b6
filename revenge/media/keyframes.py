"""Where a film can be cut: the only thing that is ever stored about its inside.

Times are in ticks of 1/90000 s from the film's start. A two-hour film packs into 0.1-5 kB.
"""

import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise

import msgspec
from msgspec import Struct

from revenge.media.errors import MediaError

CLOCK = 90_000
"""Ticks per second of every video time stamp in this room."""
_VERSION = b"\x01"
_MOST = 32 << 20
"""Bytes an index may unpack to: more than a week of keyframes."""


class KeyframeIndex(Struct, frozen=True, array_like=True):
    """The keyframes of the main picture stream."""

    start_us: int
    """The container's own start time in microseconds; everything else counts from there."""
    end: int
    """Where the last picture ends."""
    delay: int
    """How far decoding order runs ahead of presentation: at least the true value, and so no picture leads its keyframe by more."""
    soft: int
    """Keyframes, of those looked at, that are no clean entry (open GOP). Above 0 a browser must not get the stream as it is."""
    keys: tuple[int, ...]
    """Presentation times, rising."""
    leads: tuple[int, ...] = ()
    """Per keyframe: earliest picture of its group minus the keyframe's own time (0 or less). Empty where it was not looked for."""
    positions: tuple[int, ...] = ()
    """Byte positions, for transport streams only, which cannot be entered by time."""

    def pack(self) -> bytes:
        """The index as stored."""
        body = (self.start_us, self.end, self.delay, self.soft, _deltas(self.keys), self.leads, _deltas(self.positions))
        return _VERSION + zlib.compress(msgspec.msgpack.encode(body), 9)

    @classmethod
    def unpack(cls, packed: bytes) -> "KeyframeIndex":
        """The index again; MediaError when the bytes are none, or describe an impossible film."""
        try:
            inflate = zlib.decompressobj()
            body = inflate.decompress(packed[1:], _MOST)
            start, end, delay, soft, keys, leads, positions = msgspec.msgpack.decode(body, type=_Body)
        except (zlib.error, msgspec.MsgspecError) as error:
            raise MediaError(f"The keyframe index cannot be read: {error}") from error
        index = cls(start, end, delay, soft, tuple(accumulate(keys)), leads, tuple(accumulate(positions)))
        if packed[:1] != _VERSION or not index.plausible():
            raise MediaError("The keyframe index cannot be read: it is of another version, or describes no film.")
        return index

    def plausible(self) -> bool:
        """Whether the times rise, and what belongs together is equally long."""
        return (
            bool(self.keys)
            and all(a < b for a, b in pairwise(self.keys))
            and self.keys[-1] < self.end
            and 0 <= self.delay < 10 * CLOCK
            and len(self.leads) in (0, len(self.keys))
            and len(self.positions) in (0, len(self.keys))
        )


_Body = tuple[int, int, int, int, list[int], tuple[int, ...], list[int]]


def _deltas(values: Sequence[int]) -> list[int]:
    """Steps instead of values: msgpack writes small numbers in one byte, and zlib likes repetition."""
    return [b - a for a, b in pairwise((0, *values))]
