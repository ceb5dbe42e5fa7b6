"""Clocks that jump: recordings that were cut, joined, or interrupted; found while a file is read from end to end."""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

from av.video.stream import VideoStream
from msgspec import Struct

from revenge.media.child.source import AnyPacket, shift, ticks
from revenge.media.keyframes import CLOCK
from revenge.media.orders import Section

_FORWARD, _BACK = 10 * CLOCK, CLOCK
"""Ticks that a clock may run on between two pictures, and go back, without being another one: FFmpeg's own limit, and what a bad muxer does."""
_MOST = 1000
"""Jumps in one file; one with more is no recording."""


def frame_ticks(stream: VideoStream) -> int:
    """The length of a frame; where the file tells nonsense, that of film."""
    rate = stream.average_rate or stream.guessed_rate or Fraction(24)
    return round(CLOCK / rate) if 5 <= rate <= 120 else CLOCK // 24


class Standing(Struct, frozen=True, array_like=True):
    """How far a clock was followed."""

    sections: tuple[Section, ...] = ()
    before: int | None = None
    """When the last picture was decoded, as the file says it."""
    stamp: int = 0
    """What the file says of the next one."""


_AT_THE_START = Standing()


class Clock:
    """The clock of one picture stream."""

    def __init__(self, base: Fraction, start: Fraction, step: int, standing: Standing = _AT_THE_START) -> None:
        """`step`: the usual ticks between two pictures. `standing`: where an earlier reading left off."""
        self._base, self._start, self._step = base, start, step
        self._found, self._before = list(standing.sections), standing.before
        self._keys: deque[tuple[AnyPacket, Standing]] = deque(maxlen=2)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The parts between which it jumps: one where it does not."""
        return tuple(self._found)

    def standing(self, key: AnyPacket) -> Standing:
        """How it stood before one of the last two keyframes."""
        return next((standing for packet, standing in self._keys if packet is key), _AT_THE_START)

    def running_on(self, packets: Iterator[AnyPacket]) -> Iterator[AnyPacket]:
        """The packets (in decoding order) as if it never jumped."""
        before, position = self._before, 0
        now = self._found[-1] if self._found else Section(0, 0, 0, 0)
        for packet in packets:
            if packet.is_keyframe:
                self._keys.append((packet, Standing(tuple(self._found), before, packet.pts or 0)))
            shown = ticks(packet.pts or 0, self._base, self._start)
            decoded = shown if packet.dts is None else ticks(packet.dts, self._base, self._start)
            position = packet.pos if packet.pos is not None and packet.pos >= 0 else position
            if before is None or (not -_BACK < decoded - before < _FORWARD and len(self._found) < _MOST):
                by = 0 if before is None else before + now.shift + self._step - decoded
                now = Section(position, by, shown, shown)
                self._found.append(now)
            now = self._found[-1] = Section(now.position, now.shift, min(now.first, shown), max(now.last, shown))
            before = decoded
            shift(packet, now.shift, self._base)
            yield packet
