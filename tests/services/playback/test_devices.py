"""One person, several devices: the newest deed decides where they are, a film moves from one screen to another, and an admin may end it."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from revenge.core.errors import NotFound, Unavailable
from revenge.core.ids import ItemRef
from revenge.core.page import PageQuery
from revenge.services.library.entity import ItemCard
from revenge.services.playback.entity import Client, Handover, Stop
from tests.fixtures.people import PHONE
from tests.services.playback.conftest import away
from tests.services.playback.films import film


@pytest.fixture
async def item(house):
    return await house.film(facts=film("mp4 h264 aac"), name="Metropolis.mp4")


@pytest.fixture
async def phone(house, bob):
    """Bob on his phone; `bob` himself sits before the television."""
    caller = await house.household.caller(await house.household.login("bob", PHONE))
    return msgspec.structs.replace(caller, libraries=house.household.visible)


async def stands(house, item, caller):
    return (await house.progress.progress_of("movie", [item.id], caller))[item.id].position_ms


async def run(house, clock, session, caller, begin, end, **more):
    """Let a film run from one minute to another, as its player tells it."""
    for minute in range(begin, end + 1):
        told = await house.tell(session, caller, minute * 60_000, **more)
        clock.pass_(minutes=1)
    return told


# ---- the newest deed


async def test_a_film_that_rests_on_one_device_does_not_take_back_what_runs_on_another(house, bob, phone, item, clock):
    television = await house.watch(item, bob)
    await run(house, clock, television, bob, 0, 50)
    await house.tell(television, bob, 3_000_000, state="paused")
    clock.pass_(minutes=1)
    on_the_way = await house.watch(item, phone)
    assert on_the_way.resume_ms == 3_000_000
    for minute in range(51, 61):
        clock.pass_(minutes=1)
        assert await house.tell(on_the_way, phone, minute * 60_000) is None
        clock.pass_(seconds=1)
        assert await house.tell(television, bob, 3_000_000, state="paused") == minute * 60_000
    assert await stands(house, item, bob) == 3_600_000
    assert await house.tell(television, bob, 3_000_000, state="stopped") == 3_600_000
    assert await stands(house, item, bob) == 3_600_000


async def test_who_goes_on_where_it_rested_is_there_from_then_on(house, bob, phone, item, clock):
    television, other = await house.watch(item, bob), await house.watch(item, phone)
    await house.tell(television, bob, 60_000, state="paused")
    clock.pass_(seconds=10)
    await house.tell(other, phone, 600_000)
    clock.pass_(seconds=10)
    assert await house.tell(television, bob, 61_000) is None
    clock.pass_(seconds=5)
    assert await house.tell(other, phone, 615_000) == 61_000
    assert await stands(house, item, bob) == 61_000


async def test_a_leap_is_a_deed_and_a_film_that_runs_is_none(house, bob, phone, item, clock):
    one, other = await house.watch(item, bob), await house.watch(item, phone)
    clock.pass_(seconds=10)
    assert await house.tell(one, bob, 10_000) is None
    clock.pass_(seconds=10)
    assert await house.tell(other, phone, 1_800_000) is None, "the phone sought"
    clock.pass_(seconds=10)
    assert await house.tell(one, bob, 30_000) == 1_800_000, "the television only runs"
    assert await house.tell(one, bob, 3_600_000) is None, "now it sought, too"
    assert await stands(house, item, bob) == 3_600_000


async def test_each_device_is_shown_where_it_is(house, bob, phone, item, clock):
    one, other = await house.watch(item, bob), await house.watch(item, phone)
    clock.pass_(seconds=10)
    await house.tell(other, phone, 600_000)
    clock.pass_(seconds=10)
    await house.tell(one, bob, 20_000)
    shown = {playing.id: playing for playing in (await house.playback.now(PageQuery(), bob)).items}
    assert (shown[one.id].position_ms, shown[other.id].position_ms) == (20_000, 600_000)
    assert [(shown[id].device.name, shown[id].device.current) for id in (one.id, other.id)] == [
        ("The television", True),
        ("Ann's phone", False),
    ]


async def test_what_was_forgotten_on_a_device_comes_too_late(house, bob, phone, item, clock):
    train = await house.watch(item, phone)
    missed = clock() + timedelta(minutes=5)
    clock.pass_(minutes=30)
    await house.tell(await house.watch(item, bob), bob, 1_800_000)
    assert await house.tell(train, phone, 300_000, at=missed) == 1_800_000


# ---- from one screen to another


async def test_a_film_goes_on_on_another_device_where_it_was(house, bob, phone, item, clock):
    television = await house.watch(item, bob)
    await run(house, clock, television, bob, 0, 5)
    taken = await house.playback.take_over(television.id, Handover(Client(profile="safari")), phone, "")
    assert (taken.item, taken.file_id, taken.resume_ms) == (item, television.file_id, 300_000)
    with pytest.raises(NotFound) as over:
        await house.tell(television, bob, 310_000)
    assert over.value.code == "viewing_moved"
    assert [one.id for one in (await house.playback.now(PageQuery(), bob)).items] == [taken.id]
    assert house.tickets.open("playback", taken.hls_url.split("/")[2]).session == phone.session_id


async def test_nobody_takes_over_what_others_watch(house, ann, bob, item):
    session = await house.watch(item, bob)
    for caller, id in ((ann, session.id), (bob, uuid4())):
        with pytest.raises(NotFound):
            await house.playback.take_over(id, Handover(), caller, "")


async def test_a_film_that_cannot_go_on_elsewhere_goes_on_where_it_is(house, bob, phone, item):
    session = await house.watch(item, bob)
    away(house.folder)
    with pytest.raises(Unavailable):
        await house.playback.take_over(session.id, Handover(), phone, "")
    assert (await house.playback.now(PageQuery(), bob)).items[0].id == session.id


# ---- an admin ends it


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [("Dinner is ready.", "viewing_stopped_because", "Dinner is ready."), ("  ", "viewing_stopped", "An admin has stopped")],
)
async def test_a_viewer_is_told_why_an_admin_ended_it(house, ann, bob, item, message, code, words):
    session = await house.watch(item, bob)
    await house.playback.stop(session.id, Stop(message), ann)
    for asked in (house.tell(session, bob, 1000), house.playback.get(session.id, bob)):
        with pytest.raises(NotFound, match=words) as told:
            await asked
        assert told.value.code == code
    assert (await house.playback.now(PageQuery(), ann)).items == []


async def test_nobody_else_hears_why(house, ann, bob, item):
    hers = await house.watch(item, ann)
    await house.playback.stop(hers.id, Stop("Bedtime."), ann)
    with pytest.raises(NotFound) as told:
        await house.playback.get(hers.id, bob)
    assert told.value.code == "not_found"


async def test_a_viewing_that_is_over_cannot_be_stopped_or_taken(house, ann, bob, item):
    session = await house.watch(item, bob)
    await house.playback.end(session.id, bob)
    with pytest.raises(NotFound):
        await house.playback.stop(session.id, Stop(), ann)
    with pytest.raises(NotFound) as over:
        await house.playback.take_over(session.id, Handover(), bob, "")
    assert over.value.code == "viewing_ended"


# ---- what was begun, and what comes next


async def test_what_a_person_hides_is_offered_again_when_they_go_on(house, bob, item, clock):
    session = await house.watch(item, bob)
    await house.tell(session, bob, 3_600_000)
    await house.progress.hide(item, bob)
    assert (await house.progress.page(PageQuery(), bob)).items == []
    assert (await house.watch(item, bob)).resume_ms == 3_600_000
    clock.pass_(seconds=5)
    await house.tell(session, bob, 3_605_000)
    assert [one.item for one in (await house.progress.page(PageQuery(), bob)).items] == [item]


@pytest.mark.parametrize("kind", ["movie", "toast"])
async def test_nobody_hides_what_is_not_there(house, bob, kind):
    with pytest.raises(NotFound):
        await house.progress.hide(ItemRef(kind, uuid4()), bob)


async def test_a_kind_that_has_an_order_says_what_comes_next(house, bob, item):
    then = ItemCard(uuid4(), "movie", "Metropolis II", 1928, None)

    class Series:
        async def after(self, id, caller):
            return then if (id, caller) == (item.id, bob) else None

    assert (await house.watch(item, bob)).next is None
    house.followers["movie"] = Series()
    following = (await house.watch(item, bob)).next
    assert (following.item, following.title) == (ItemRef("movie", then.id), "Metropolis II")
