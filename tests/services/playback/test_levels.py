"""Sound that is encoded anyway is brought to one loudness, once it is known how loud it is; and never in the middle of a viewing."""

import asyncio

import pytest

from revenge.media.loudness import Loudness

QUIET, LOUD = Loudness(-26.0, 0.3), Loudness(-9.0, 1.0)


async def measured(house) -> None:
    await asyncio.gather(*house.playback.opening.levels._measuring.values())


async def sounds(doors, session) -> list[str]:
    text = (await doors("GET", session.hls_url)).body.decode()
    return sorted({line.split('URI="')[1].split("/")[0] for line in text.splitlines() if "TYPE=AUDIO" in line})


async def test_a_sound_is_measured_when_it_is_first_watched_and_even_the_next_time(house, doors, bob, mkv_h264_ac3):
    house.listener.says = QUIET
    item = await house.film(mkv_h264_ac3)
    first = await house.watch(item, bob)
    await measured(house)
    assert house.listener.asked == [1, 2]
    assert await sounds(doors, first) == ["a1-2", "a2-2"], "nothing changes while it is watched"
    second = await house.watch(item, bob)
    assert await sounds(doors, second) == ["a1-2up80", "a2-2up80"]
    assert house.listener.asked == [1, 2], "once is enough"


async def test_what_goes_out_as_it_is_stays_as_it_is(house, bob, mp4_h264_aac):
    house.listener.says = LOUD
    await house.watch(await house.film(mp4_h264_aac), bob)
    await measured(house)
    assert house.listener.asked == []


async def test_another_file_at_the_same_place_is_listened_to_again(house, bob, mkv_h264_ac3):
    house.listener.says = LOUD
    item = await house.film(mkv_h264_ac3)
    await house.watch(item, bob)
    await measured(house)
    await house.sql("update shared.loudness set size = size - 1")
    await house.watch(item, bob)
    await measured(house)
    assert house.listener.asked == [1, 2, 1, 2]


async def test_a_sound_that_cannot_be_measured_is_played_all_the_same(house, doors, bob, mkv_h264_ac3):
    item = await house.film(mkv_h264_ac3)
    for _ in range(2):
        session = await house.watch(item, bob)
        await measured(house)
    assert await sounds(doors, session) == ["a1-2", "a2-2"]


@pytest.mark.parametrize("path", ["a1-2up80/0.m4s", "a1-2down1/index.m3u8"])
async def test_a_gain_that_was_not_decided_is_not_to_be_had(house, doors, bob, mkv_h264_ac3, path):
    session = await house.watch(await house.film(mkv_h264_ac3), bob)
    assert (await doors("GET", session.hls_url.replace("master.m3u8", path))).status == 404
