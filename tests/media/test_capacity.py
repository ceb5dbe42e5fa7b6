"""One viewer too many is told so, before all of them stutter: how many there may be is measured."""

import pytest
from msgspec.structs import replace

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.media.capacity import Capacity, pace
from revenge.media.pools import media_pool
from revenge.media.render import Renderer
from revenge.media.rendition import Rendition
from revenge.media.segments import Segments
from tests.media.caching import Plain, Slow
from tests.media.rendering import source_of

COPY, ENCODED, SMALL = Rendition("video", 0), Rendition("video", 0, height=720), Rendition("video", 0, height=240)
MEGA = 1_000_000.0


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def machine(now) -> Capacity:
    """Two processors, each of which encodes fifty million pixels a second."""
    capacity = Capacity(2, lambda: now[0])
    for _ in range(20):
        capacity.made(100 * MEGA, 2.0)
    return capacity


def test_as_many_are_let_in_as_the_machine_can_keep_up_with(machine):
    for film in "abc":
        machine.admit(film, 28 * MEGA)
    with pytest.raises(Unavailable) as refused:
        machine.admit("d", 28 * MEGA)
    assert refused.value.code == "media_busy"
    assert refused.value.retry_after
    machine.admit("d", 4 * MEGA)


def test_who_is_there_stays_and_changes_form_as_they_like(machine):
    for film in "abc":
        machine.admit(film, 28 * MEGA)
    machine.admit("a", 90 * MEGA)
    machine.admit("a", 2 * MEGA)
    machine.admit("d", 28 * MEGA)


def test_who_has_left_makes_room(machine, now):
    for film in "abc":
        machine.admit(film, 28 * MEGA)
    now[0] = 29.0
    machine.admit("b", 28 * MEGA)
    now[0] = 31.0
    machine.admit("d", 28 * MEGA)
    machine.admit("e", 28 * MEGA)
    with pytest.raises(Unavailable):
        machine.admit("f", 28 * MEGA)


def test_the_first_is_always_served_and_nobody_is_refused_by_a_guess(machine):
    machine.admit("a", 10_000 * MEGA)
    fresh = Capacity(1)
    for film in "abcdef":
        fresh.admit(film, 500 * MEGA)


def test_what_was_measured_last_counts_most(machine):
    for _ in range(20):
        machine.made(100 * MEGA, 0.1)  # a graphics card was found
    for number in range(30):
        machine.admit(f"film {number}", 28 * MEGA)


def test_a_larger_picture_costs_more(mp4_h264_aac):
    small = source_of(mp4_h264_aac)
    large = replace(small, facts=replace(small.facts, video=replace(small.facts.video, width=3840, height=2160)))
    assert pace(large, SMALL) > pace(small, SMALL)
    assert pace(large, ENCODED) > pace(large, SMALL)


async def test_only_what_is_encoded_for_somebody_is_counted(mp4_h264_aac, tmp_path):
    film, slow = source_of(mp4_h264_aac), Slow()
    other = replace(film, key="another film")
    slow.capacity = Capacity(1)
    slow.capacity.made(1.0, 1.0)
    async with Segments(slow, Plain(), tmp_path, 1 << 20).lifetime() as cache:
        await cache.segment(film, SMALL, 0)
        for rendition in (COPY, Rendition("audio", 1, channels=2), Rendition("still", 0, height=240)):
            await cache.segment(other, rendition, 0)
        with pytest.raises(Unavailable, match="as many films as it can"):
            await cache.segment(other, SMALL, 0)
        await cache.segment(film, ENCODED, 1)
    assert {qos for number, qos in slow.asked if number > 1} <= {Qos.BACKGROUND, Qos.STREAM}


async def test_a_renderer_measures_what_its_children_spend(hevc_mp4):
    source = source_of(hevc_mp4)
    async with media_pool(1).lifetime() as pool:
        renderer = Renderer(pool, threads=1)
        await renderer.init(source, SMALL)
        await renderer.segment(source, COPY, 0)
        assert renderer.capacity._cost is None
        await renderer.segment(source, SMALL, 0)
        assert 0 < renderer.capacity._cost < 1e-4
