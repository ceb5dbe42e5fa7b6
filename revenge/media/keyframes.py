"""Where a film can be cut: the only thing that is ever stored about its inside.

Times are in ticks of 1/90000 s from the film's start. A two-hour film packs into 0.1-5 kB.
"""

import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise

import msgspec
from msgspec import Struct

from revenge.media.errors import MediaError
from revenge.media.orders import Section

CLOCK = 90_000
"""Ticks per second of every video time stamp in this room."""
LONGEST = 7 * 24 * 3600 * CLOCK
"""Ticks of the longest recording anybody has; a file that says more is damaged."""
_VERSION = b"\x01"
_WINDOW = 4 * CLOCK
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
    peak: int = 0
    """Bit/s of the whole file where it is busiest, over some seconds; 0 where its keyframes' places are not known."""
    sections: tuple[Section, ...] = ()
    """Parts between which the file's clock jumps; none where it runs on. All other times here are those of a clock that does."""

    def pack(self) -> bytes:
        """The index as stored."""
        keys, positions = tuple(_deltas(self.keys)), tuple(_deltas(self.positions))
        return _VERSION + zlib.compress(msgspec.msgpack.encode(msgspec.structs.replace(self, keys=keys, positions=positions)), 9)

    @classmethod
    def unpack(cls, packed: bytes) -> "KeyframeIndex":
        """The index again; MediaError when the bytes are none, or describe an impossible film."""
        try:
            inflate = zlib.decompressobj()
            body = inflate.decompress(packed[1:], _MOST)
            stored = msgspec.msgpack.decode(body, type=cls)
        except (zlib.error, msgspec.MsgspecError) as error:
            raise MediaError(f"The keyframe index cannot be read: {error}") from error
        index = msgspec.structs.replace(stored, keys=tuple(accumulate(stored.keys)), positions=tuple(accumulate(stored.positions)))
        if packed[:1] != _VERSION or not index.plausible():
            raise MediaError("The keyframe index cannot be read: it is of another version, or describes no film.")
        return index

    def plausible(self) -> bool:
        """Whether the times rise, and what belongs together is equally long."""
        return (
            bool(self.keys)
            and all(a < b for a, b in pairwise(self.keys))
            and self.keys[-1] < self.end <= LONGEST
            and 0 <= self.delay < 10 * CLOCK
            and len(self.leads) in (0, len(self.keys))
            and len(self.positions) in (0, len(self.keys))
        )


def busiest(places: Sequence[tuple[int, int]]) -> int:
    """Bit/s between keyframes a few seconds apart, where it is highest; `places` are their times (ticks, rising) and byte positions."""
    highest, first = 0, 0
    for number, (time, position) in enumerate(places):
        while time - places[first][0] >= _WINDOW and first < number:
            highest = max(highest, (position - places[first][1]) * 8 * CLOCK // (time - places[first][0]))
            first += 1
    return highest


def _deltas(values: Sequence[int]) -> list[int]:
    """Steps instead of values: msgpack writes small numbers in one byte, and zlib likes repetition."""
    return [b - a for a, b in pairwise((0, *values))]
