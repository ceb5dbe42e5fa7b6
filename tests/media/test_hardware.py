"""Encoders of graphics cards: used where a trial has shown them to work, left at the first sign that they do not, under the same addresses.

There is no such card here: libx264 with other settings stands in for one.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from fractions import Fraction

import pytest
from av.codec.context import CodecContext
from msgspec.structs import replace

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.media.child import engine, video
from revenge.media.child.units import units
from revenge.media.engines import Engines, attempts
from revenge.media.errors import MediaError
from revenge.media.limits import Limits
from revenge.media.orders import INIT, Weighed
from revenge.media.plan import cut, durations
from revenge.media.pools import engine_pool, media_pool
from revenge.media.render import Renderer, picture_order
from revenge.media.rendition import Rendition, Source
from tests.media.rendering import Seen, descriptor, pictures, piece, pieces, source_of

ENCODED = Rendition("video", 0, height=240)
NO_CARD = "h264_nvenc"


class StandIn:
    """Makes libx264 of every name, with pictures that are coded in another way."""

    @staticmethod
    def create(_name: str, mode: str) -> CodecContext:
        return CodecContext.create("libx264", mode)


@pytest.fixture
def card(monkeypatch) -> str:
    monkeypatch.setattr(engine, "CodecContext", StandIn)
    other = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "cabac=0:scenecut=0:annexb=1", "forced-idr": "1", "crf": "20"}
    monkeypatch.setitem(engine._OPTIONS, "card", other)
    return "card"


@pytest.fixture(params=["mkv_h264_ac3", "hevc_mp4", "mpeg2_ts"])
def source(request) -> Source:
    return source_of(request.getfixturevalue(request.param))


def made_by(name: str, source: Source, number: int) -> bytes:
    order = picture_order(source, ENCODED, number, cut(source, ENCODED, number), 1)
    with descriptor(source.path) as fd:
        return video.make(replace(order, encode=replace(order.encode, engine=name)), None, fds=[fd])


def test_pieces_of_a_card_and_of_libx264_play_as_one_stream_under_one_header(card, source):
    init, *usual = pieces(source, ENCODED)
    mixed = [made_by(card, source, number) if number % 2 else own for number, own in enumerate(usual)]
    assert mixed[1] != usual[1]
    seen, whole = Seen(init + b"".join(mixed)), Seen(init + b"".join(usual))
    assert seen.in_order
    assert seen.times == whole.times
    shown, same = pictures(init + b"".join(mixed)), pictures(init + b"".join(usual))
    assert [frame.pts for frame in shown] == [frame.pts for frame in same]
    for one, other in zip(shown[::12], same[::12], strict=True):
        assert abs(one.to_ndarray(format="gray").astype(int) - other.to_ndarray(format="gray")).mean() < 4


def test_each_of_its_pieces_can_be_entered_alone(card, source):
    init = piece(source, ENCODED, INIT)
    for number in range(len(durations(source, ENCODED))):
        packets = Seen(init + made_by(card, source, number)).packets
        assert {7, 8, 5} <= {unit[0] & 31 for unit in units(bytes(packets[0]))}
        assert [packet.is_keyframe for packet in packets] == [True] + [False] * (len(packets) - 1)


def test_an_encoder_that_keeps_its_parameter_sets_beside_its_pictures_is_helped(card):
    reticent = engine.Engine(replace(engine._TRIAL, engine=card), None, Fraction(25))
    reticent._encoder.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
    made = [*reticent.encode(engine._picture(0)), *reticent.encode(None)]
    assert [unit[0] & 31 for unit in units(bytes(made[0]))][:2] == [7, 8]


def test_a_trial_is_a_real_encode_that_is_looked_at(card, monkeypatch):
    assert engine.attempt("libx264") > 0
    assert engine.attempt(card) > 0
    monkeypatch.setattr(engine, "CodecContext", CodecContext)
    with pytest.raises(MediaError, match=r"h264_nothing\.$"):
        engine.attempt("h264_nothing")


def test_an_encoder_that_shows_something_else_than_it_was_given_is_not_taken(monkeypatch):
    true, seen = engine._picture, iter(range(engine._PICTURES))
    monkeypatch.setattr(engine, "_picture", lambda number: true(number) if next(seen, None) is not None else true(number + 17))
    with pytest.raises(MediaError, match="something else"):
        engine.attempt("libx264")


def test_an_encoder_that_makes_nothing_is_not_taken():
    with pytest.raises(MediaError, match="entered at"):
        engine._look("A card", [])


async def test_encoders_are_tried_in_turn_and_the_first_that_works_is_taken():
    async with media_pool(1).lifetime() as pool:
        found = [attempt async for attempt in attempts(pool, (NO_CARD, "libx264"))]
        assert [attempt.engine for attempt in found] == [NO_CARD, "libx264"]
        assert found[0].reason
        assert found[0].seconds is None
        assert found[1].reason is None
        assert found[1].seconds < 20
        async with Engines(pool, (NO_CARD, "libx264"), look=lambda: ["/dev/something"]).lifetime() as engines:
            async with asyncio.timeout(30):
                while engines.current is None:
                    await asyncio.sleep(0.01)
            assert engines.current == "libx264"


async def test_a_machine_without_devices_is_not_tried():
    async with media_pool(1).lifetime() as pool, Engines(pool, look=list).lifetime() as engines:
        await asyncio.sleep(0)
        assert engines.current is None
        assert pool.children == 0


class Card:
    """A pool that fails, or is busy, when the test says so."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.orders: list = []

    async def run(self, function: str, order, table, *, fds: Sequence[int], qos: Qos, **_options) -> Weighed:
        self.orders.append(order)
        if self.error is not None:
            raise self.error
        return video.weighed(replace(order, encode=replace(order.encode, engine="libx264")), table, fds=fds)


@pytest.fixture
async def node() -> AsyncIterator[tuple[Renderer, Engines, Card]]:
    async with media_pool(1).lifetime() as pool:
        broken = Card()
        engines = Engines(broken, look=list)
        engines.current = NO_CARD
        yield Renderer(pool, threads=1, engines=engines), engines, broken


async def test_the_card_makes_the_pictures_and_libx264_their_header(node, hevc_mp4):
    renderer, _, card = node
    source = source_of(hevc_mp4)
    assert await renderer.init(source, ENCODED) == piece(source, ENCODED, INIT)
    assert card.orders == []
    assert await renderer.segment(source, ENCODED, 0)
    assert card.orders[0].encode.engine == NO_CARD
    await renderer.segment(source, Rendition("audio", 1, channels=2), 0)
    await renderer.segment(source, Rendition("video", 0), 0)
    assert len(card.orders) == 1, "what is copied, and sound, need no card"


async def test_a_card_that_fails_is_replaced_at_once_and_given_up_after_a_while(node, hevc_mp4):
    renderer, engines, card = node
    source = source_of(hevc_mp4)
    card.error = MediaError("The driver has crashed.", cause="crashed")
    for failures in range(1, 4):
        assert len(await renderer.segment(source, ENCODED, 0)) == pytest.approx(len(piece(source, ENCODED, 0)), rel=0.02)
        assert engines.current == (NO_CARD if failures < 3 else None)
    assert await renderer.segment(source, ENCODED, 1)
    assert len(card.orders) == 3


async def test_one_success_forgives_the_failures_before_it(node, hevc_mp4):
    renderer, engines, card = node
    source = source_of(hevc_mp4)
    for error in (MediaError("No."), MediaError("No."), None, MediaError("No."), MediaError("No.")):
        card.error = error
        await renderer.segment(source, ENCODED, 0)
    assert engines.current == NO_CARD


async def test_a_busy_card_is_no_broken_one(node, hevc_mp4):
    renderer, engines, card = node
    card.error = Unavailable("Busy.")
    for _ in range(5):
        assert await renderer.segment(source_of(hevc_mp4), ENCODED, 0)
    assert engines.current == NO_CARD


async def test_a_broken_file_is_not_the_cards_fault(node, hevc_mp4, tmp_path):
    renderer, engines, card = node
    nonsense = tmp_path / "nonsense.mp4"
    nonsense.write_bytes(b"nonsense" * 1000)
    card.error = MediaError("It cannot be read.")
    for _ in range(5):
        with pytest.raises(MediaError):
            await renderer.segment(replace(source_of(hevc_mp4), path=str(nonsense)), ENCODED, 0)
    assert engines.current == NO_CARD


async def test_children_of_a_card_reach_its_device_and_nothing_else(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("mine")
    async with engine_pool(["/dev/zero"]).lifetime() as pool:

        async def reaches(path: str) -> bool:
            return await pool.run("revenge.media.child.trial:reaches", path, result=bool)

        assert await reaches("/dev/zero")
        assert await reaches("/usr/bin/env"), "drivers load libraries when an encoder is opened"
        assert not await reaches("/etc/passwd")
        assert not await reaches("/dev/null")
        assert not await reaches(str(secret))
        assert await pool.run("revenge.media.child.trial:escapes", result=list[str]) == []
    assert Limits().devices == ()
