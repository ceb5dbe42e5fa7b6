"""Recordings whose clock jumps, starts anew or runs over: what was joined plays as one film."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from revenge.media.child import keys
from revenge.media.child.clock import Clock
from revenge.media.keyframes import CLOCK, KeyframeIndex
from revenge.media.plan import bounds, film_end
from revenge.media.rendition import Rendition, Source, can_copy_video, still
from tests.fixtures.media import IRREGULAR, MPEG2, Film, Sound, make_film
from tests.media.rendering import Seen, descriptor, piece, pieces, samples, source_of

ENCODED, COPY, SOUND, COPIED_SOUND = (
    Rendition("video", 0, height=240),
    Rendition("video", 0),
    Rendition("audio", 1, channels=2),
    Rendition("audio", 1),
)
PART_S = 6
WHOLE_TURN_S = 2**33 / CLOCK
"""A transport stream's clock has 33 bits."""
H264 = Film(seconds=PART_S, gops=IRREGULAR)
FILMS = {"h264": H264, "ac3": replace(H264, sounds=(Sound("ac3"),)), "open": replace(H264, open_gop=True), "mpeg2": MPEG2}
WAYS = {"forward": (100, 500), "back": (500, 100), "the same again": (0, 0), "twice": (100, 5000, 200)}


def joined(films, kind: str, way: str) -> Source:
    """Recordings one after the other, as they are cut together: byte after byte."""
    path = films / f"clock {kind} {way}.ts"
    if not path.exists():
        parts = [make_film(films / f"part {kind} {start}.ts", replace(FILMS[kind], start=start)) for start in WAYS[way]]
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return source_of(path)


@pytest.fixture(
    params=[("h264", "forward"), ("h264", "back"), ("mpeg2", "back"), ("ac3", "the same again"), ("open", "twice")], ids=" ".join
)
def source(request, films):
    return joined(films, *request.param)


def test_the_film_is_as_long_as_its_parts_together(source):
    count = len(source.index.sections)
    assert count in (2, 3)
    assert film_end(source) == pytest.approx(count * PART_S * CLOCK, abs=CLOCK / 10)
    assert KeyframeIndex.unpack(source.index.pack()) == source.index
    assert len(bounds(source, ENCODED)) <= 8


def test_every_picture_is_shown_once_and_in_order(source):
    with av.open(source.path) as container:
        own = [frame.reformat(width=96, height=54, format="gray").to_ndarray().astype(int) for frame in container.decode(video=0)]
    for rendition in [ENCODED, *([COPY] if can_copy_video(source) else [])]:
        film = b"".join(pieces(source, rendition))
        seen = Seen(film)
        assert seen.in_order
        assert len(seen.packets) >= len(own) - 4 * len(source.index.sections), "a decoder may lose what leads a section"
        assert max(seen.steps) < 0.2, "no hole where the parts meet"
        assert min(seen.steps) > 0
    encoded = piece(source, ENCODED, -1) + piece(source, ENCODED, 3)
    first = bounds(source, ENCODED)[3] / CLOCK
    assert float(Seen(encoded).times[0]) - 2 == pytest.approx(first, abs=0.2)


def test_sound_runs_on_and_is_in_step_with_its_part(source):
    part = samples(films_part(source), 0)
    for rendition in (SOUND, COPIED_SOUND) if source.facts.audio[0].codec != "mp2" else (SOUND,):
        film = b"".join(pieces(source, rendition))
        assert len(set(Seen(film).steps)) == 1
        heard = samples(film)
        for begin in range(len(source.index.sections)):
            at = round((begin * PART_S + 2) * 48000)
            assert abs(lag(part[96000 : 96000 + 24000], heard[at - 4800 : at + 28800]) - 4800) < 0.04 * 48000, f"part {begin}"


def films_part(source: Source):
    """One of the parts alone."""
    kind = Path(source.path).name.split()[1]
    return next(Path(source.path).parent.glob(f"part {kind} *.ts"))


def lag(part: np.ndarray, around: np.ndarray) -> int:
    return int(np.correlate(around, part, "valid").argmax())


def test_stills_are_taken_from_every_part(source):
    rendition = still(source.facts.video)
    for number in range(len(bounds(source, rendition)) - 1):
        assert piece(source, rendition, number)


@pytest.mark.parametrize("before", [1.0, 3.0])
def test_a_clock_that_runs_over_goes_on(films, before):
    """It does so every 26.5 hours, in one recording of a dozen."""
    path = films / f"over {before}.ts"
    source = source_of(path if path.exists() else make_film(path, replace(H264, start=WHOLE_TURN_S - 1.4 - before)))
    assert source.index.sections == ()
    assert source.index.keys[0] < CLOCK / 10, "its beginning is not lost"
    for rendition in (COPY, ENCODED):
        seen = Seen(b"".join(pieces(source, rendition)))
        assert len(seen.packets) == PART_S * 24
        assert max(seen.steps) < 0.09  # the sound begins a picture before it
    heard = samples(b"".join(pieces(source, SOUND)))
    assert len(heard) == pytest.approx(PART_S * 48000, abs=3000)


class Packet:
    def __init__(self, time: int, pos: int) -> None:
        self.pts = self.dts = time
        self.pos = pos
        self.is_keyframe = False


@pytest.mark.parametrize(
    ("times", "count"),
    [
        ([0, 3600, 7200, 10800], 1),
        ([0, 3600, 9 * CLOCK, 10 * CLOCK], 1),  # a gap in the reception is a gap
        ([0, 3600, 20 * CLOCK, 20 * CLOCK + 3600], 2),
        ([20 * CLOCK, 20 * CLOCK + 3600, 0, 3600], 2),
        ([20 * CLOCK, 20 * CLOCK - 3600, 20 * CLOCK + 3600], 1),  # a bad muxer
    ],
)
def test_what_is_a_jump_and_what_is_not(times, count):
    clock = Clock(Fraction(1, CLOCK), Fraction(0), 3600)
    found = [packet.pts for packet in clock.running_on(iter([Packet(time, 100 * n) for n, time in enumerate(times)]))]
    assert len(clock.sections) == count
    if count > 1:
        assert all(after - before == 3600 for before, after in pairwise(found))
    else:
        assert found == times


@pytest.mark.parametrize("way", ["back", "twice"])
def test_an_index_that_is_made_in_many_goes_is_the_one_that_is_made_in_one(films, way):
    source = joined(films, "h264", way)
    so_far, goes = None, 0
    while True:
        with descriptor(source.path) as fd:
            read = keys.onwards(source.facts, so_far, 0.0, fds=[fd])
        goes += 1
        if read.packed is not None:
            break
        so_far = read.so_far
    assert goes > 4
    assert KeyframeIndex.unpack(read.packed) == source.index
