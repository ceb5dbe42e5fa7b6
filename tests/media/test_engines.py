"""Two nodes make one stream: whichever is asked for a segment, the player notices nothing."""

from collections.abc import AsyncIterator

import pytest

from revenge.media.child import video
from revenge.media.child.units import units
from revenge.media.orders import INIT
from revenge.media.plan import durations
from revenge.media.pools import media_pool
from revenge.media.render import Renderer
from revenge.media.rendition import Rendition, Source
from revenge.media.segments import Segments
from revenge.media.subtitles import Subtitles
from tests.media.rendering import Seen, pictures, piece, samples, source_of

COPY, ENCODED = Rendition("video", 0), Rendition("video", 0, height=240)
SOUND, COPIED_SOUND = Rendition("audio", 1, channels=2), Rendition("audio", 1)
_SPS, _PPS = 7, 8


class Node:
    """The part of a node that makes segments."""

    def __init__(self, segments: Segments) -> None:
        self.segments = segments

    async def piece(self, source: Source, rendition: Rendition, number: int) -> bytes:
        made = self.segments.init(source, rendition) if number == INIT else self.segments.segment(source, rendition, number)
        return (await made).read_bytes()


@pytest.fixture
async def nodes(tmp_path) -> AsyncIterator[tuple[Node, Node]]:
    """Two data directories and two kinds of machine: they differ in their cores."""
    async with media_pool(1).lifetime() as one, media_pool(1).lifetime() as other:
        first = Segments(Renderer(one, threads=1), Subtitles(one), tmp_path / "one", 1 << 30, ahead=False)
        second = Segments(Renderer(other, threads=2), Subtitles(other), tmp_path / "other", 1 << 30, ahead=False)
        async with first.lifetime(), second.lifetime():
            yield Node(first), Node(second)


@pytest.fixture
def source(mkv_h264_ac3) -> Source:
    return source_of(mkv_h264_ac3)


@pytest.mark.parametrize("rendition", [COPY, SOUND, COPIED_SOUND], ids=lambda rendition: rendition.name)
async def test_what_is_copied_and_every_sound_is_the_same_on_every_node(nodes, source, rendition):
    for number in (INIT, *reversed(range(len(durations(source, rendition))))):
        one, other = [await node.piece(source, rendition, number) for node in nodes]
        assert one == other


async def test_pictures_of_two_encoders_have_the_same_bounds_stamps_and_headers(nodes, source):
    one, other = nodes
    init = await one.piece(source, ENCODED, INIT)
    assert init == await other.piece(source, ENCODED, INIT)
    for number in range(len(durations(source, ENCODED))):
        mine, theirs = [Seen(init + await node.piece(source, ENCODED, number)) for node in nodes]
        assert mine.times == theirs.times
        assert mine.decoding[0] == theirs.decoding[0]
        assert [packet.is_keyframe for packet in mine.packets] == [packet.is_keyframe for packet in theirs.packets]


@pytest.mark.parametrize("rendition", [COPY, ENCODED], ids=lambda rendition: rendition.name)
async def test_a_picture_that_comes_from_two_nodes_in_turn_has_no_gap(nodes, source, rendition):
    parts = [await nodes[number % 2].piece(source, rendition, number) for number in range(INIT, len(durations(source, rendition)))]
    mixed, own = Seen(b"".join(parts)), Seen(source.path)
    assert mixed.in_order
    assert len(pictures(b"".join(parts))) == len(mixed.packets) == len(own.packets)
    assert mixed.steps[1:] == pytest.approx(own.steps[1:], abs=1e-4)


async def test_sound_that_comes_from_two_nodes_in_turn_is_that_of_one(nodes, source):
    count = len(durations(source, SOUND))
    mixed = b"".join([await nodes[number % 2].piece(source, SOUND, number) for number in range(INIT, count)])
    alone = b"".join([piece(source, SOUND, number) for number in range(INIT, count)])
    assert (samples(mixed) == samples(alone)).all()


def test_a_segment_of_another_encoder_plays_under_the_same_header(source, monkeypatch):
    """What a graphics card, or another version of the library, writes: other parameter sets, which every segment brings along."""
    count = len(durations(source, ENCODED))
    init, usual = piece(source, ENCODED, INIT), [piece(source, ENCODED, number) for number in range(count)]
    own = {"preset": "ultrafast", "x264-params": "open-gop=0:scenecut=0:bframes=0:cabac=0:ref=1:8x8dct=0:repeat-headers=1"}
    monkeypatch.setattr(video, "_X264", {**video._X264, **own})
    assert piece(source, ENCODED, INIT) != init
    foreign = [piece(source, ENCODED, number) for number in range(count)]
    mixed = init + b"".join((usual, foreign)[number % 2][number] for number in range(count))
    assert Seen(mixed).in_order
    shown, whole = pictures(mixed), pictures(init + b"".join(usual))
    assert [frame.pts for frame in shown] == [frame.pts for frame in whole]
    for one, other in zip(shown[::12], whole[::12], strict=True):
        assert abs(one.to_ndarray(format="gray").astype(int) - other.to_ndarray(format="gray")).mean() < 4


def test_every_encoded_segment_brings_its_parameter_sets(source):
    init = piece(source, ENCODED, INIT)
    for number in range(len(durations(source, ENCODED))):
        first = Seen(init + piece(source, ENCODED, number)).packets[0]
        assert {_SPS, _PPS} <= {unit[0] & 31 for unit in units(bytes(first))}
