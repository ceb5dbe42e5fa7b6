"""Viewings go on while their player lives, are seen by those who may, and end: by their player, an admin, or when nobody is there."""

from uuid import uuid4

import pytest

from revenge.core.errors import NotFound
from revenge.core.events import PlaybackStopped
from revenge.core.page import PageQuery
from revenge.services.playback.entity import Report
from tests.services.playback.films import film


@pytest.fixture
async def item(house):
    return await house.film(facts=film("mp4 h264 aac"), name="Metropolis.mp4")


async def now(house, caller, **query):
    return await house.playback.now(PageQuery(**query), caller)


async def grow_old(house, minutes: int, column: str = "seen_at") -> None:
    """Let so much time go by since the last sign of life, of everybody."""
    await house.sql(f"update shared.playback_sessions set {column} = {column} - make_interval(mins => :minutes)", minutes=minutes)


async def test_its_own_person_and_an_admin_see_a_viewing_nobody_else_does(house, ann, bob, item):
    mine, hers = await house.watch(item, bob), await house.watch(item, ann)
    assert (await house.playback.get(mine.id, bob)).id == mine.id
    assert (await house.playback.get(mine.id, ann)).id == mine.id
    for caller, id in ((bob, hers.id), (bob, uuid4())):
        with pytest.raises(NotFound):
            await house.playback.get(id, caller)
        with pytest.raises(NotFound):
            await house.playback.end(id, caller)
        with pytest.raises(NotFound):
            await house.playback.report(id, Report(1000), caller)


async def test_an_admin_may_stop_a_viewing_but_not_move_it(house, ann, bob, item):
    session = await house.watch(item, bob)
    with pytest.raises(NotFound):
        await house.tell(session, ann, 1000)
    await house.playback.end(session.id, ann)
    with pytest.raises(NotFound):
        await house.playback.get(session.id, bob)


async def test_who_asks_gets_a_ticket_of_their_own_sign_in(house, ann, bob, item):
    session = await house.watch(item, bob)
    for caller in (ann, bob):
        url = (await house.playback.get(session.id, caller)).direct_url
        assert house.tickets.open("playback", url.split("/")[2]).session == caller.session_id


async def test_now_playing_is_everybodys_for_an_admin_and_ones_own_for_others(house, ann, bob, item):
    mine, hers = await house.watch(item, bob), await house.watch(item, ann)
    assert [(one.id, one.user, one.title) for one in (await now(house, ann)).items] == [
        (hers.id, "ann", "Metropolis"),
        (mine.id, "bob", "Metropolis"),
    ]
    assert [one.id for one in (await now(house, bob)).items] == [mine.id]


async def test_now_playing_shows_how_far_and_how(house, bob, item):
    session = await house.watch(item, bob)
    await house.tell(session, bob, 5000, state="paused")
    (one,) = (await now(house, bob)).items
    assert (one.method, one.state, one.position_ms, one.duration_ms) == ("direct", "paused", 5000, 7_200_000)


async def test_now_playing_comes_in_pages(house, bob, item):
    ids = [(await house.watch(item, bob)).id for _ in range(3)]
    first = await now(house, bob, limit=2)
    second = await now(house, bob, limit=2, cursor=first.next)
    assert [one.id for one in (*first.items, *second.items)] == ids[::-1]
    assert second.next is None


async def test_what_a_person_may_not_see_any_more_is_not_playing_for_them(house, bob, item):
    await house.watch(item, bob)
    house.shelf.films.clear()
    assert (await now(house, bob)).items == []


async def test_a_player_that_stopped_is_not_playing_but_may_go_on(house, bob, item):
    session = await house.watch(item, bob)
    await house.tell(session, bob, 5000, state="stopped")
    assert (await now(house, bob)).items == []
    assert await house.playback.streams() == 0
    await house.tell(session, bob, 6000)
    assert [one.id for one in (await now(house, bob)).items] == [session.id]
    assert await house.playback.streams() == 1


async def test_an_ended_viewing_takes_no_reports_and_its_end_is_told_once(house, bob, item, told):
    session = await house.watch(item, bob)
    await house.tell(session, bob, 5000)
    await house.playback.end(session.id, bob)
    with pytest.raises(NotFound):
        await house.playback.end(session.id, bob)
    with pytest.raises(NotFound):
        await house.tell(session, bob, 9000)
    assert [event for event in told if isinstance(event, PlaybackStopped)] == [
        PlaybackStopped(session_id=session.id, user_id=bob.user_id, item=item, position_ms=5000)
    ]
    assert (await house.watch(item, bob)).resume_ms == 5000


@pytest.mark.parametrize(("column", "minutes"), [("seen_at", 31), ("expires_at", 24 * 60 + 1)])
async def test_a_viewing_is_over_when_its_viewer_is_gone_or_a_day_has_passed_even_before_it_is_reaped(house, bob, item, column, minutes):
    session = await house.watch(item, bob)
    await grow_old(house, minutes, column)
    with pytest.raises(NotFound):
        await house.playback.get(session.id, bob)
    with pytest.raises(NotFound):
        await house.tell(session, bob, 1000)
    assert (await now(house, bob)).items == []


async def test_a_report_is_a_sign_of_life(house, bob, item):
    session = await house.watch(item, bob)
    for minutes in (29, 29):
        await grow_old(house, minutes)
        await house.tell(session, bob, 1000)
    await house.playback.reap()
    assert (await house.playback.get(session.id, bob)).id == session.id


async def test_a_refused_report_is_a_sign_of_life_too(house, bob, item, clock):
    session = await house.watch(item, bob)
    await house.tell(session, bob, 9000)
    await grow_old(house, 29)
    assert await house.tell(session, bob, 1000, at=clock().replace(year=2020)) == 9000
    await grow_old(house, 29)
    assert (await house.playback.get(session.id, bob)).resume_ms == 9000


async def test_the_reaper_ends_who_is_gone_and_leaves_who_is_there(house, ann, bob, item, told):
    gone, stopped = await house.watch(item, bob), await house.watch(item, bob)
    await house.tell(stopped, bob, 7000, state="stopped")
    await grow_old(house, 3)
    there = await house.watch(item, ann)
    await house.playback.reap()
    assert [event.session_id for event in told if isinstance(event, PlaybackStopped)] == [stopped.id]
    await house.sql("update shared.playback_sessions set seen_at = now() - interval '31 minutes' where id = :id", id=gone.id)
    await house.playback.reap()
    await house.playback.reap()
    assert [event.session_id for event in told if isinstance(event, PlaybackStopped)] == [stopped.id, gone.id]
    assert [one.id for one in (await now(house, ann)).items] == [there.id]


async def test_a_reaped_viewing_is_dropped_where_it_is_held(house, bob, item):
    session = await house.watch(item, bob)
    house.held.there[f"viewing:{session.id}"] = "held"
    await grow_old(house, 31)
    await house.playback.reap()
    assert house.held.there == {}


async def test_viewings_that_ended_a_month_ago_are_forgotten(house, bob, item):
    session = await house.watch(item, bob)
    await house.playback.end(session.id, bob)
    await grow_old(house, 29 * 24 * 60, "ended_at")
    await house.playback.reap()
    assert (await house.sql("select count(*) from shared.playback_sessions")).scalar_one() == 1
    await grow_old(house, 2 * 24 * 60, "ended_at")
    await house.playback.reap()
    assert (await house.sql("select count(*) from shared.playback_sessions")).scalar_one() == 0


async def test_the_reaper_is_a_job_of_the_room(house, bob, item):
    (job,) = house.module.jobs()
    assert (job.name, job.queue) == ("playback.reap", "playback")
    await job.run()
