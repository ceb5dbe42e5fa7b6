"""How loud a stretch of a sound track is, as ITU-R BS.1770 counts it: the power of overlapping blocks of 400 ms."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

import av
from av.audio.frame import AudioFrame
from av.filter.graph import Graph

from revenge.media.child.sound import Track, blocks
from revenge.media.child.source import opened
from revenge.media.loudness import Stretch

_RATE, _LAYOUT, _BLOCK = 48000, "stereo", 4800
"""What is measured is what most get to hear: two channels. A step of the measure is 100 ms."""
_FIRST = 3
"""Steps before the first block of 400 ms is full."""


def measure(stream: int, start_us: int | None, begin_s: int, length_s: int, *, fds: Sequence[int]) -> Stretch | None:
    """The stretch that begins so many seconds into the film; None when the track has ended by then."""
    with opened(fds[0]) as container:
        track = Track(container, stream, start_us)
        heard = islice(blocks(track, begin_s * _RATE, _BLOCK, _RATE, _LAYOUT), length_s * _RATE // _BLOCK)
        counts: Counter[int] = Counter()
        peak = 0.0
        for number, said in enumerate(_said(heard)):
            if number >= _FIRST:
                counts[round(float(said["lavfi.r128.M"]) * 10)] += 1
            peak = max(peak, float(said["lavfi.r128.sample_peak"]))
    return Stretch(dict(counts), peak) if peak or counts else None


def _said(heard: Iterator[AudioFrame]) -> Iterator[dict[str, str]]:
    """What FFmpeg's meter says at every step."""
    graph = Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=_RATE, layout=_LAYOUT, time_base=Fraction(1, _RATE))
    meter = graph.add("ebur128", "metadata=1:peak=sample")
    graph.link_nodes(source, meter, graph.add("abuffersink")).configure()
    for number, frame in enumerate(heard):
        frame.pts, frame.time_base = number * _BLOCK, Fraction(1, _RATE)
        graph.push(frame)
        try:
            while True:
                yield graph.pull().metadata
        except (av.BlockingIOError, av.EOFError):
            continue
