"""What is made before it is asked for, and when that ends."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.heads import Playheads
from revenge.media.rendition import Rendition, Source
from revenge.media.segments import Segments
from tests.media.caching import Plain
from tests.media.rendering import source_of

COPY, ENCODED, SOUND = Rendition("video", 0), Rendition("video", 0, height=240), Rendition("audio", 1, channels=2)


@pytest.fixture
def source(mp4_h264_aac):
    return source_of(mp4_h264_aac)


async def ahead(cache: Segments) -> None:
    """Wait until nothing more is made ahead."""
    while cache._extra:
        await asyncio.wait([task for task, _ in cache._extra.values()])
        await asyncio.sleep(0)


@pytest.fixture
def long_source(source) -> Source:
    """A film of many segments."""
    return changed(source, facts=changed(source.facts, duration_ms=400_000, size=1 << 30), index=None)


async def test_what_is_encoded_is_made_ahead_in_the_background_as_far_as_the_window(slow, long_source, tmp_path):
    async with Segments(slow, Plain(), tmp_path / "cache", 100_000).lifetime() as cache:
        await cache.segment(long_source, ENCODED, 0)
        await ahead(cache)
        assert slow.made == [0, 1, 2, 3]
        assert {qos for number, qos in slow.asked if number} == {Qos.BACKGROUND}
        await cache.segment(long_source, ENCODED, 1)
        await ahead(cache)
        assert slow.made == [0, 1, 2, 3, 4], "one further than the viewer is"
        await cache.segment(long_source, ENCODED, 50)
        await ahead(cache)
        assert slow.made[5:] == [50, 51, 52, 53]
        await cache.segment(long_source, COPY, 0)
        await ahead(cache)
        assert slow.made[9:] == [0]


async def test_two_viewers_at_one_place_cost_as_much_as_one(slow, long_source, tmp_path):
    async with Segments(slow, Plain(), tmp_path / "cache", 100_000).lifetime() as cache:
        for number in range(5):
            for _viewer in range(2):
                await cache.segment(long_source, ENCODED, number)
                await ahead(cache)
        assert slow.made == list(range(8))


async def test_what_was_made_ahead_stops_when_its_viewer_jumps_away(slow, long_source, tmp_path):
    async with Segments(slow, Plain(), tmp_path / "cache", 100_000).lifetime() as cache:
        await cache.segment(long_source, ENCODED, 0)
        slow.gate.clear()
        await asyncio.sleep(0)
        cache._heads._heads.clear()  # time has passed
        jumping = asyncio.create_task(cache.segment(long_source, ENCODED, 60))
        await asyncio.sleep(0.01)
        assert slow.stopped == 1
        slow.gate.set()
        await jumping
        await ahead(cache)
        assert 60 in slow.made
        assert 2 not in slow.made


async def test_an_error_ends_what_is_made_ahead_and_is_told_to_who_asks(slow, long_source, tmp_path):
    async with Segments(slow, Plain(), tmp_path / "cache", 100_000).lifetime() as cache:
        await cache.segment(long_source, ENCODED, 0)
        slow.error = MediaError("It broke.")
        await ahead(cache)
        assert len(slow.asked) == 2
        with pytest.raises(MediaError):
            await cache.segment(long_source, ENCODED, 1)


async def test_nothing_is_made_ahead_where_it_would_have_to_wait(slow, source, tmp_path):
    slow.has_room = False
    async with Segments(slow, Plain(), tmp_path / "cache", 10_000).lifetime() as cache:
        await cache.segment(source, ENCODED, 0)
        assert not cache._extra


def test_a_viewer_who_asks_no_more_is_gone_after_a_minute():
    now = [0.0]
    heads, folder = Playheads(lambda: now[0]), Path("film")
    heads.ask(folder, 10)
    heads.ask(folder, 40)
    assert heads.wanted(folder)[:3] in ([11, 12, 13], [41, 42, 43])
    assert heads.worth(folder / "9.m4s") is None
    assert heads.worth(folder / "init.mp4") is None
    assert heads.worth(folder / "1.m4s") < heads.worth(folder / "6.m4s") < heads.worth(folder / "90.m4s") < heads.worth(folder / "50.m4s")
    now[0] = 50.0
    heads.ask(folder, 11)
    now[0] = 70.0
    assert heads.wanted(folder) == [12, 13, 14]
    now[0] = 120.0
    assert not heads.watched(folder)
    assert heads.worth(folder / "9.m4s") == heads.worth(folder / "init.mp4") == 0
