"""What an account may watch: how much at once, and how large."""

import asyncio
from uuid import uuid4

import msgspec
import pytest

from revenge.core.errors import NotFound, TooMany
from revenge.services.playback.entity import Handover, Limits
from revenge.services.playback.settings import PlaybackSettings
from tests.fixtures.people import PHONE
from tests.services.playback.conftest import VLC
from tests.services.playback.films import film


@pytest.fixture
async def films(house):
    return [await house.film(facts=film("mp4 h264 aac")) for _ in range(3)]


async def may(house, caller, **limits):
    await house.module.limits.set(caller.user_id, Limits(**limits))


async def test_an_account_watches_as_much_at_once_as_it_may(house, bob, films):
    await may(house, bob, max_streams=2)
    sessions = [await house.watch(item, bob) for item in films[:2]]
    with pytest.raises(TooMany, match="may watch 2 at once") as refused:
        await house.watch(films[2], bob)
    assert (refused.value.code, refused.value.retry_after) == ("too_many_streams", 60)
    await house.playback.end(sessions[0].id, bob)
    await house.watch(films[2], bob)


async def test_a_page_that_is_loaded_again_is_no_second_stream_another_device_is(house, bob, films):
    await may(house, bob, max_streams=1)
    phone = await house.household.caller(await house.household.login("bob", PHONE))
    phone = msgspec.structs.replace(phone, libraries=house.household.visible)
    first = await house.watch(films[0], bob)
    await house.watch(films[0], bob)
    with pytest.raises(TooMany):
        await house.watch(films[0], phone)
    await house.playback.end(first.id, bob)


async def test_taking_a_film_over_needs_no_room_for_two(house, bob, films):
    await may(house, bob, max_streams=1)
    phone = await house.household.caller(await house.household.login("bob", PHONE))
    phone = msgspec.structs.replace(phone, libraries=house.household.visible)
    session = await house.watch(films[0], bob)
    assert (await house.playback.take_over(session.id, Handover(), phone, "")).item == films[0]


async def test_who_is_gone_counts_no_more(house, bob, films):
    await may(house, bob, max_streams=1)
    left = await house.watch(films[0], bob)
    await house.tell(left, bob, 1000, state="stopped")
    crashed = await house.watch(films[1], bob)
    await house.sql("update shared.playback_sessions set seen_at = seen_at - interval '3 minutes' where id = :id", id=crashed.id)
    await house.watch(films[2], bob)


async def test_of_many_at_once_only_so_many_are_let_in(house, bob, films):
    await may(house, bob, max_streams=1)
    answers = await asyncio.gather(*(house.watch(item, bob) for item in films), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Session", "TooMany", "TooMany"]


async def test_the_settings_hold_for_whom_nothing_else_was_said(house, ann, bob, films):
    house.settings = PlaybackSettings(streams_per_account=1)
    house.furnish(house.reader, None)
    await may(house, ann, max_streams=2)
    for caller, most in ((bob, 1), (ann, 2)):
        for item in films[:most]:
            await house.watch(item, caller)
        with pytest.raises(TooMany):
            await house.watch(films[2], caller)


async def test_who_may_watch_nothing_watches_nothing(house, bob, films):
    await may(house, bob, max_streams=0)
    with pytest.raises(TooMany):
        await house.watch(films[0], bob)


async def test_an_account_gets_no_larger_picture_than_it_may_have(house, ann, bob, films):
    await may(house, bob, max_height=720, max_bitrate=2_000_000)
    session = await house.watch(films[0], bob, VLC)
    assert [reason.code for reason in session.reasons] == ["account_height", "account_bitrate"]
    assert (await house.watch(films[0], ann, VLC)).method == "direct"


async def test_the_network_has_its_say(house, bob, films):
    house.module.limits.spare = lambda: 1_000_000
    assert [reason.code for reason in (await house.watch(films[0], bob, VLC)).reasons] == ["bandwidth_short"]


async def test_limits_are_kept_changed_and_lifted(house, bob):
    limits = house.module.limits
    assert await limits.of(bob.user_id) == Limits()
    for wanted in (Limits(max_streams=3), Limits(max_height=480), Limits()):
        assert await limits.set(bob.user_id, wanted) == wanted
        assert await limits.of(bob.user_id) == wanted
    with pytest.raises(NotFound):
        await limits.set(uuid4(), Limits(max_streams=1))
