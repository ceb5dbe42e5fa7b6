"""How far people have come: newest wins, nothing jumps back silently, and what was begun is offered again."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from revenge.core.errors import Invalid, NotFound
from revenge.core.ids import ItemRef
from revenge.core.page import PageQuery
from revenge.services.playback.entity import Progress, ProgressEdit
from tests.services.playback.films import film

LENGTH = 7_200_000


@pytest.fixture
async def item(house):
    return await house.film(facts=film("mp4 h264 aac"), name="Metropolis.mp4")


@pytest.fixture
async def session(house, bob, item):
    return await house.watch(item, bob)


async def stands(house, item, caller):
    return (await house.progress.progress_of("movie", [item.id], caller)).get(item.id)


async def test_nothing_is_begun_before_anything_is_told(house, bob, item, session):
    assert await stands(house, item, bob) is None
    assert await house.progress.progress_of("movie", [], bob) == {}


async def test_a_position_goes_forward_and_back_as_its_player_does(house, bob, item, session):
    for position in (1000, 9000, 4000):
        assert await house.tell(session, bob, position) is None
        assert await stands(house, item, bob) == Progress(position, LENGTH, watched=False)


async def test_an_older_report_changes_nothing_and_is_told_what_stands(house, bob, item, session, clock):
    await house.tell(session, bob, 9000, at=clock())
    assert await house.tell(session, bob, 4000, at=clock() - timedelta(seconds=1), state="paused") == 9000
    assert await stands(house, item, bob) == Progress(9000, LENGTH, watched=False)
    shown = (await house.playback.now(PageQuery(), bob)).items[0]
    assert (shown.position_ms, shown.state) == (9000, "playing")


async def test_a_bare_zero_takes_no_position_back_but_the_state_is_taken(house, bob, item, session):
    await house.tell(session, bob, 9000)
    assert await house.tell(session, bob, 0, state="paused") == 9000
    assert (await house.playback.get(session.id, bob)).resume_ms == 9000
    assert (await house.playback.now(PageQuery(), bob)).items[0].state == "paused"


async def test_reports_of_two_devices_in_any_order_leave_the_newest(house, bob, item, session, clock):
    other = await house.watch(item, bob)
    reports = [(session, 1000, 1), (other, 2000, 2), (session, 3000, 3), (other, 4000, 4)]
    for which, position, second in (reports[2], reports[0], reports[3], reports[1]):
        await house.tell(which, bob, position, at=clock() - timedelta(minutes=1) + timedelta(seconds=second))
    assert (await stands(house, item, bob)).position_ms == 4000


async def test_reports_at_once_leave_the_newest(house, bob, item, session, clock):
    began = clock() - timedelta(minutes=1)
    await asyncio.gather(*(house.tell(session, bob, 1000 * n, at=began + timedelta(seconds=n)) for n in (3, 1, 5, 2, 4)))
    assert (await stands(house, item, bob)).position_ms == 5000


async def test_a_clock_that_runs_ahead_wins_nothing(house, bob, item, session, clock):
    await house.tell(session, bob, 9000, at=clock() + timedelta(days=365), device_id="television")
    clock.pass_(seconds=1)
    assert await house.tell(session, bob, 10_000, device_id="phone") is None
    assert (await stands(house, item, bob)).position_ms == 10_000


async def test_a_position_behind_the_end_is_the_end(house, bob, item, session):
    await house.tell(session, bob, 99_000_000)
    assert await stands(house, item, bob) == Progress(LENGTH, LENGTH, watched=True)
    assert (await house.playback.get(session.id, bob)).resume_ms == LENGTH


async def test_nine_tenths_are_watched_and_stay_watched_when_one_looks_again(house, bob, item, session):
    await house.tell(session, bob, 6_479_999)
    assert not (await stands(house, item, bob)).watched
    await house.tell(session, bob, 6_480_000)
    assert (await stands(house, item, bob)).watched
    await house.tell(session, bob, 5000)
    assert await stands(house, item, bob) == Progress(5000, LENGTH, watched=True)


async def test_each_time_the_end_is_reached_counts_once(house, bob, item, session):
    for position in (7_000_000, 7_100_000, 1000, 7_000_000):
        await house.tell(session, bob, position)
    assert (await house.sql("select play_count from shared.progress")).scalar_one() == 2


async def test_a_film_without_a_length_can_be_begun_and_is_never_watched_by_itself(house, bob):
    item = await house.film(facts=msgspec.structs.replace(film("mp4 h264 aac"), duration_ms=0))
    await house.tell(await house.watch(item, bob), bob, 5000)
    assert await stands(house, item, bob) == Progress(5000, 0, watched=False)


# ---- what a person says


async def say(house, item, caller, **edit):
    return await house.progress.set(item, ProgressEdit(**edit), caller)


async def test_a_person_may_say_where_they_are(house, bob, item):
    assert await say(house, item, bob, position_ms=60_000) == Progress(60_000, LENGTH, watched=False)
    assert await say(house, item, bob, position_ms=7_000_000) == Progress(7_000_000, LENGTH, watched=True)
    assert await say(house, item, bob, position_ms=9000, duration_ms=10_000) == Progress(9000, 10_000, watched=True)
    assert await say(house, item, bob, position_ms=5000) == await stands(house, item, bob) == Progress(5000, LENGTH, watched=True)


async def test_a_person_may_say_that_they_have_or_have_not_watched_it(house, bob, item):
    assert await say(house, item, bob, watched=True) == Progress(LENGTH, LENGTH, watched=True)
    assert await say(house, item, bob, watched=False) == Progress(0, LENGTH, watched=False)
    assert await stands(house, item, bob) is None
    assert await say(house, item, bob, watched=True, position_ms=5000) == Progress(5000, LENGTH, watched=True)


async def test_what_a_person_says_late_or_as_a_bare_zero_changes_nothing(house, bob, item, clock):
    await say(house, item, bob, position_ms=60_000, device_id="phone")
    late = clock() - timedelta(hours=1)
    assert (await say(house, item, bob, position_ms=1000, at=late)).position_ms == 60_000
    assert (await say(house, item, bob, position_ms=0)).position_ms == 60_000
    assert (await stands(house, item, bob)).position_ms == 60_000


async def test_saying_nothing_is_refused(house, bob, item):
    with pytest.raises(Invalid, match="position_ms, or watched"):
        await say(house, item, bob)


async def test_nobody_can_say_anything_about_what_they_may_not_see(house, bob):
    with pytest.raises(NotFound):
        await say(house, ItemRef("movie", uuid4()), bob, watched=True)
    with pytest.raises(NotFound):
        await house.progress.start_over(ItemRef("movie", uuid4()), bob)


async def test_who_starts_over_begins_at_the_beginning_and_late_reports_do_not_bring_the_old_back(house, bob, item, session, clock):
    before = clock()
    await house.tell(session, bob, 60_000)
    clock.pass_(seconds=10)
    await house.progress.start_over(item, bob)
    assert await stands(house, item, bob) is None
    assert await house.tell(session, bob, 61_000, at=before + timedelta(seconds=1)) == 0
    assert (await house.watch(item, bob)).resume_ms == 0
    clock.pass_(seconds=1)
    assert await house.tell(session, bob, 2000) is None


async def test_starting_over_what_was_never_begun_is_fine(house, bob, item):
    await house.progress.start_over(item, bob)
    assert await stands(house, item, bob) is None


# ---- continue watching


async def continued(house, caller, **query):
    return await house.progress.page(PageQuery(**query), caller)


@pytest.mark.parametrize(
    ("share", "offered"), [(0.04, False), (0.05, False), (0.051, True), (0.5, True), (0.899, True), (0.9, False), (1, False)]
)
async def test_what_was_begun_and_not_ended_is_offered(house, bob, item, session, share, offered):
    await house.tell(session, bob, round(share * LENGTH))
    page = await continued(house, bob)
    assert [(one.item, one.title, one.position_ms) for one in page.items] == (
        [(item, "Metropolis", round(share * LENGTH))] if offered else []
    )


@pytest.mark.parametrize(("days", "offered"), [(29, 1), (31, 0)])
async def test_what_lies_a_month_back_is_offered_no_more(house, bob, item, session, clock, days, offered):
    await house.tell(session, bob, 3_600_000)
    clock.pass_(days=days)
    assert len((await continued(house, bob)).items) == offered


async def test_the_newest_comes_first_in_pages(house, bob, clock):
    items = [await house.film(facts=film("mp4 h264 aac")) for _ in range(5)]
    for item in items:
        clock.pass_(seconds=1)
        await house.tell(await house.watch(item, bob), bob, 3_600_000)
    found, cursor = [], None
    while True:
        page = await continued(house, bob, limit=2, cursor=cursor)
        found += [one.item for one in page.items]
        if (cursor := page.next) is None:
            break
    assert found == items[::-1]
    assert [one.item for one in await house.progress.continued(3, bob)] == items[:1:-1]


async def test_what_is_watched_what_others_began_and_what_is_hidden_is_not_offered(house, ann, bob, item, session):
    await house.tell(session, bob, 3_600_000)
    assert (await continued(house, ann)).items == []
    await say(house, item, bob, watched=True)
    assert (await continued(house, bob)).items == []
    await house.progress.start_over(item, bob)
    await house.tell(session, bob, 3_600_000)
    house.shelf.films.clear()
    assert (await continued(house, bob)).items == []
