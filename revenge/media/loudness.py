"""How loud sound tracks are, and what brings them all to one loudness: a constant, so that no segment differs from its neighbour."""

import math
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from revenge.core.qos import Qos
from revenge.media.files import opened
from revenge.media.pool import Pool
from revenge.media.rendition import MOST_GAIN, Source

TARGET = -18.0
"""LUFS every sound is brought to: ReplayGain's reference, which leaves room for a film's peaks."""
_MOST, _LEAST = MOST_GAIN / 10, 1.0
"""Decibels: no sound is changed by more, and less would not be heard."""
_HEADROOM = 1.0
"""Decibels that stay free above the loudest sample: encoders overshoot a little."""
_SILENT, _BELOW = -70.0, 10.0
"""BS.1770: blocks below this many LUFS do not count, nor those so many LU below what the others make."""
_STRETCH_S, _PATIENCE_S = 600, 120.0
"""Seconds of film that are measured in one go, and of work that may take: others get their turn between two."""
_MEASURE = "revenge.media.child.loud:measure"


class Stretch(Struct, frozen=True, array_like=True):
    """What was heard in a part of a track."""

    counts: dict[int, int]
    """How many blocks had which loudness (tenths of a LUFS)."""
    peak: float
    """The loudest sample, 1.0 being the most there is."""


class Loudness(Struct, frozen=True):
    """A track's loudness as a whole."""

    lufs: float | None
    """None for silence."""
    peak: float

    @property
    def gain(self) -> int:
        """Tenths of a decibel the sound is made louder by (quieter below 0), so that nothing is cut off at the top."""
        if self.lufs is None or not self.peak:
            return 0
        room = -20 * math.log10(self.peak) - _HEADROOM
        gain = TARGET - self.lufs
        gain = max(-_MOST, min(gain, _MOST, max(room, 0.0)))
        return round(gain * 10) if abs(gain) >= _LEAST else 0


def integrated(counts: Mapping[int, int]) -> float | None:
    """The loudness of a programme from that of its blocks (BS.1770-4, annex 1); None when all of it is silence."""
    loud = {block / 10: count for block, count in counts.items() if block / 10 > _SILENT}
    if not loud:
        return None
    limit = _mean(loud) - _BELOW
    return round(_mean({block: count for block, count in loud.items() if block > limit}), 1)


def _mean(blocks: Mapping[float, int]) -> float:
    power = sum(10 ** (block / 10) * count for block, count in blocks.items())
    return 10 * math.log10(power / sum(blocks.values()))


class Meter:
    """Measures whole tracks in the media pool, behind everybody's back."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def measure(self, source: Source, stream: int) -> Loudness:
        """A track's loudness; takes about a minute of work per hour of film. MediaError, Unavailable: it cannot be measured now."""
        counts: Counter[int] = Counter()
        peak, start = 0.0, source.index.start_us if source.index else None
        async with opened(source.path, source.stamp) as fd:
            for begin in range(0, source.facts.duration_ms // 1000 + 1, _STRETCH_S):
                part = await self._pool.run(
                    _MEASURE, stream, start, begin, _STRETCH_S,
                    result=Stretch | None, fds=(fd,), qos=Qos.BACKGROUND, timeout=_PATIENCE_S,
                )  # fmt: skip
                if part is None:
                    break
                counts.update(part.counts)
                peak = max(peak, part.peak)
        return Loudness(integrated(counts), round(peak, 4))
