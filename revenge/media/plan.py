"""Where a rendition is cut into segments: pure functions, so every node cuts at the same places and keeps no record of it.

A copied picture is cut at keyframes. Everything else is cut on a fixed grid that starts with short segments, so that play begins soon.
"""

import bisect
import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

from revenge.core.errors import absent
from revenge.media.keyframes import CLOCK, LONGEST, KeyframeIndex
from revenge.media.orders import Anchor
from revenge.media.rendition import Rendition, Source, aac, audio_track, video_track

TARGET_S = 4
STILL_S, _GRID_STILL_S = 5, 10
"""Least distance of pictures to look through: where keyframes are known, and where they have to be looked for."""
_FIRST_S = (1, 2)
"""Lengths of the first segments; a transcoded one takes as long to make as it is long."""
_SLACK = 45
"""Half a millisecond, in ticks: stamps in milliseconds are not quite where frames are."""
_ROUND = CLOCK // 2
_REORDERED = 3
"""Pictures our encoder may hold back, and one more."""
_NEAR = 3
"""Keyframes named to a child as entry points: more than one where a demuxer may overshoot."""
_AAC_FRAME = 1024
_THINNEST = 500
"""Bits per second below which no file has either picture or sound."""
_SHY = CLOCK // 500
"""Ticks by which a playlist says a segment begins before its first packet is decoded."""


class Cut(Struct, frozen=True):
    """One segment's place, in ticks. For a copy `begin` and `end` are keyframes, and `edge` is where the next segment's picture begins."""

    begin: int
    end: int
    edge: int
    last: bool


def film_end(source: Source) -> int:
    """Where the film ends: the later of picture and sound. A damaged file that says it lasts for years is not believed."""
    if source.index is not None and source.index.sections:  # the file's own clock jumps, and what it says of its length is nonsense
        return source.index.end
    believable = min(LONGEST, source.facts.size * 8 * CLOCK // _THINNEST)
    declared = min(source.facts.duration_ms * CLOCK // 1000, believable)
    return max(declared, source.index.end if source.index else 0, 1)


def picture_end(source: Source) -> int:
    """Where the picture ends, as far as that is known."""
    return source.index.end if source.index else film_end(source)


def keyframe_cuts(index: KeyframeIndex) -> list[int]:
    """Numbers of the keyframes that open a segment: the first one at or after the start of the one before plus the target."""
    cuts = [0]
    for number, time in enumerate(index.keys):
        target = _FIRST_S[len(cuts) - 1] if len(cuts) <= len(_FIRST_S) else TARGET_S
        if time - index.keys[cuts[-1]] >= target * CLOCK - _SLACK:
            cuts.append(number)
    return cuts


def grid(end: int) -> list[int]:
    """Bounds of the fixed grid from 0 to the end; a rest shorter than a second belongs to the segment before it."""
    bounds, step = [0], iter(_FIRST_S)
    while (following := bounds[-1] + next(step, TARGET_S) * CLOCK) < end - CLOCK:
        bounds.append(following)
    return [*bounds, end]


def bounds(source: Source, rendition: Rendition) -> list[int]:
    """When each segment's first picture or sound is due, and the end: one more than there are segments."""
    if rendition.kind == "video" and rendition.copies:
        index = source.index or absent("keyframe index of", source.key)
        leads = index.leads or (0,) * len(index.keys)
        return [max(0, index.keys[cut] + leads[cut]) for cut in keyframe_cuts(index)] + [index.end]
    if rendition.kind == "still":
        return still_bounds(source)
    return grid(film_end(source) if rendition.kind == "audio" else picture_end(source))


def still_bounds(source: Source) -> list[int]:
    """When the pictures to look through stand in the film, and its end."""
    end, marks = picture_end(source), [0]
    for moment in source.index.keys if source.index else range(0, end, _GRID_STILL_S * CLOCK):
        if marks[-1] + STILL_S * CLOCK <= moment < end:
            marks.append(moment)
    return [*marks, end]


def target(source: Source) -> int:
    """Seconds no segment is longer than, rounded: the same for every playlist of a film, as players may expect of those that belong together."""
    ways = [grid(film_end(source)), grid(picture_end(source))]
    if source.index is not None:
        ways.append([*(source.index.keys[at] for at in keyframe_cuts(source.index)), source.index.end])
    steps = [after - before for way in ways for before, after in pairwise(way)]
    return max(1, *((step + early(source) + _ROUND) // CLOCK for step in steps))


def cut(source: Source, rendition: Rendition, number: int) -> Cut:
    """The place of one segment; NotFound beyond the last."""
    edges = bounds(source, rendition)
    if not 0 <= number < len(edges) - 1:
        absent("segment", number)
    last = number == len(edges) - 2
    if rendition.kind == "video" and rendition.copies and source.index is not None:
        keys = [source.index.keys[at] for at in keyframe_cuts(source.index)] + [source.index.end]
        return Cut(keys[number], keys[number + 1], edges[number + 1], last)
    return Cut(edges[number], edges[number + 1], edges[number + 1], last)


def durations(source: Source, rendition: Rendition) -> list[float]:
    """Seconds of each segment; sound is counted in whole frames."""
    edges: Sequence[float] = bounds(source, rendition)
    if rendition.kind == "audio":
        track = audio_track(source, rendition)
        rate = track.sample_rate if rendition.copies else aac(track, rendition).rate
        frame = _AAC_FRAME * CLOCK / rate
        edges = [-(-edge // frame) * frame for edge in edges]
    return [(after - before) / CLOCK for before, after in pairwise(edges)]


def early(source: Source) -> int:
    """Ticks by which a playlist says a copied segment begins before its bound: what a group's first picture may lead its keyframe."""
    index = source.index
    return max(_SHY, index.delay) if index is not None and index.soft and not index.leads else _SHY


def reordering(source: Source, rendition: Rendition) -> int:
    """Ticks, at least as many as decoding may run ahead of presentation."""
    if rendition.copies and source.index is not None:
        return source.index.delay
    rate = video_track(source, rendition).frame_rate or 24.0
    return round(_REORDERED * CLOCK / min(max(rate, 5.0), 120.0))


def announced(source: Source, rendition: Rendition) -> list[int]:
    """Microseconds of each segment as the playlist says them.

    Players of FFmpeg's kind add them up and take the first keyframe decoded at or after the sum. So no sum is later than that: rounded down, and the
    first segment a little shorter (the last one longer).
    """
    ends = list(accumulate(durations(source, rendition)))
    less = (early(source) if rendition.kind == "video" and rendition.copies else _SHY) / CLOCK
    marks = [0, *(max(0, math.floor((end - less) * 1_000_000)) for end in ends[:-1]), math.floor(ends[-1] * 1_000_000)]
    return [after - before for before, after in pairwise(marks)]


def anchors(index: KeyframeIndex | None, moment: int) -> tuple[Anchor, ...]:
    """The nearest keyframes at or before the moment, nearest first."""
    if index is None:
        return ()
    at = bisect.bisect_right(index.keys, moment)
    numbers = range(at - 1, max(-1, at - 1 - _NEAR), -1)
    return tuple(Anchor(index.keys[number], index.positions[number] if index.positions else None) for number in numbers)
