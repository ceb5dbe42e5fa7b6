"""What a listener hears, on whatever node."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from uuid import uuid4

import msgspec
import pytest

from revenge.core.caller import Caller
from revenge.core.events import ItemAdded, PlaybackStarted, ScanProgressed
from revenge.core.ids import ItemRef
from revenge.infra.cache.store import Store
from revenge.infra.feed import Feed

LIBRARY = uuid4()


def a_caller(**changes) -> Caller:
    given = {"user_id": uuid4(), "session_id": uuid4(), "username": "ann", "role": "user", "libraries": (LIBRARY,)} | changes
    return Caller(**given)


def added(title: str, library=LIBRARY) -> ItemAdded:
    return ItemAdded(item=ItemRef("movie", uuid4()), library_id=library, title=title)


def title(event) -> str:
    return msgspec.json.decode(event.data)["title"]


@pytest.fixture
async def feed(store):
    async with Feed(store).lifetime() as feed:
        yield feed


@asynccontextmanager
async def listening(feed, caller=None, last_id=None):
    """A listener that has heard `ready`."""
    async with aclosing(feed.subscribe(caller or a_caller(), last_id)) as events, asyncio.timeout(10):
        ready = await anext(events)
        assert ready.topic == "ready"
        yield events, ready.id


async def test_an_event_reaches_listeners_on_every_node(feed, store_server):
    async with (
        Store(store_server).lifetime() as store,
        Feed(store).lifetime() as other,
        listening(feed) as (here, _),
        listening(other) as (there, _),
    ):
        await feed.publish([added("Alien"), added("Brazil")])
        for events in (here, there):
            assert [title(await anext(events)) for _ in range(2)] == ["Alien", "Brazil"]


async def test_a_frame_is_ready_to_be_sent(feed):
    async with listening(feed) as (events, _):
        await feed.publish([ScanProgressed(library_id=LIBRARY, scan_id=uuid4(), state="running\n")])
        event = await anext(events)
    first, second, third, *rest = event.frame.split(b"\n")
    assert (first, second, rest) == (b"id: " + event.id.encode(), b"event: scan.progress", [b"", b""])
    assert third.startswith(b'data: {"library_id":')


async def test_nobody_hears_of_what_they_may_not_see(feed):
    ann, bob = a_caller(), a_caller(libraries=())
    admin = a_caller(role="admin", libraries=())
    started = PlaybackStarted(session_id=uuid4(), user_id=bob.user_id, item=ItemRef("movie", uuid4()), method="direct")
    async with listening(feed, ann) as (anns, _), listening(feed, bob) as (bobs, _), listening(feed, admin) as (admins, _):
        await feed.publish([added("Hidden", uuid4()), started, added("Seen")])
        assert title(await anext(anns)) == "Seen"
        assert (await anext(bobs)).topic == "playback.started"
        assert [(await anext(admins)).topic for _ in range(3)] == ["library.new_item", "playback.started", "library.new_item"]


async def test_one_who_comes_back_hears_what_they_missed_and_nothing_twice(feed):
    caller = a_caller()
    async with listening(feed, caller) as (events, _):
        await feed.publish([added("A")])
        last = (await anext(events)).id
    await feed.publish([added("B"), added("Hidden", uuid4()), added("C")])
    async with listening(feed, caller, last) as (events, _):
        await feed.publish([added("D")])
        assert [title(await anext(events)) for _ in range(3)] == ["B", "C", "D"]


async def test_even_who_has_heard_nothing_yet_can_resume(feed):
    async with listening(feed) as (_, ready):
        pass
    await feed.publish([added("A")])
    async with listening(feed, None, ready) as (events, _):
        assert title(await anext(events)) == "A"


@pytest.mark.parametrize("last_id", ["5-5", "nonsense", "", "0-0-0", "99999999999999999999999-1"])
async def test_one_who_was_away_too_long_is_told_to_look_anew(feed, last_id):
    await feed.publish([added("A")])
    async with listening(feed, None, last_id) as (events, _):
        assert (await anext(events)).topic == "reload"
        await feed.publish([added("B")])
        assert title(await anext(events)) == "B"


async def test_a_slow_listener_loses_its_events_and_is_told_so_and_holds_up_nobody(feed):
    async with listening(feed) as (slow, _), listening(feed) as (quick, _):
        for n in range(0, 300, 50):
            await feed.publish([added(str(n + m)) for m in range(50)])
            assert [title(await anext(quick)) for _ in range(50)] == [str(n + m) for m in range(50)]
        topics = [(await anext(slow)).topic for _ in range(3)]
    assert topics == ["reload", "library.new_item", "library.new_item"]


async def test_without_the_store_events_reach_this_nodes_listeners_and_the_others_again_when_it_is_back(mortal_store):
    async with Store(mortal_store.url).lifetime() as store, Feed(store).lifetime() as feed, listening(feed) as (events, _):
        await feed.publish([added("A")])
        assert title(await anext(events)) == "A"
        mortal_store.kill()
        await feed.publish([added("B"), added("C")])
        away = [await anext(events) for _ in range(2)]
        assert [title(event) for event in away] == ["B", "C"]
        async with listening(feed, None, away[1].id) as (returned, _):
            assert (await anext(returned)).topic == "reload"
            await mortal_store.start()
            feed._away_until = 0
            await feed.publish([added("D")])
            for listener in (events, returned):
                assert title(await anext(listener)) == "D"


async def test_nothing_is_read_while_nobody_listens(feed, monkeypatch):
    monkeypatch.setattr("revenge.infra.feed._BLOCK_MS", 20)
    async with listening(feed):
        reader = feed._reader
        assert not reader.done()
    async with asyncio.timeout(2):
        await reader
    async with listening(feed) as (events, _):
        await feed.publish([added("A")])
        assert title(await anext(events)) == "A"


async def test_events_of_a_transaction_are_told_after_its_commit_and_not_without(database_url, feed):
    from revenge.infra.database import Database
    from revenge.infra.database_settings import PoolSettings

    async with Database(database_url, PoolSettings(), publish=feed.publish).lifetime() as database, listening(feed) as (events, _):

        async def fails() -> None:
            async with database.write() as db:
                db.after(added("Never"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fails()
        async with database.write() as db:
            db.after(added("Yes"))
        assert title(await anext(events)) == "Yes"
