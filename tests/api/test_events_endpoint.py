"""The event stream: what a page or a television hears, and what is left when it goes; on both event loops."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import Struct

from revenge.api import events as module
from revenge.api.events import EventRoutes
from revenge.core.caller import Caller
from revenge.core.errors import Unavailable


class Said(Struct, frozen=True):
    frame: bytes


class Town:
    """A feed that says what a test tells it to, to everybody who listens."""

    def __init__(self) -> None:
        self.listeners: list[tuple[str, str | None, asyncio.Queue[Said | None]]] = []

    async def subscribe(self, caller: Caller, last_id: str | None = None):
        entry = (caller.username, last_id, asyncio.Queue())
        self.listeners.append(entry)
        try:
            while (said := await entry[2].get()) is not None:
                yield said
        finally:
            self.listeners.remove(entry)

    def say(self, number: int) -> None:
        for _, _, queue in self.listeners:
            queue.put_nowait(Said(b"id: %d\nevent: scan.progress\ndata: {}\n\n" % number))

    def end(self) -> None:
        for _, _, queue in self.listeners:
            queue.put_nowait(None)

    async def count(self, wanted: int) -> None:
        async with asyncio.timeout(30):
            while len(self.listeners) != wanted:
                await asyncio.sleep(0)


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def hour() -> list[datetime]:
    return [datetime.now(UTC)]


@pytest.fixture
async def stage(serve, town, people, tickets, hour):
    routes = EventRoutes(town, people, tickets, "session:{}".format, clock=lambda: hour[0], ping=0.1)
    client = await serve(routes.endpoints())
    client.routes = routes
    return client


async def heard(answer, ending: bytes) -> bytes:
    async with asyncio.timeout(5):
        got = b""
        while not got.endswith(ending):
            got += await answer.content.readany()
        return got


async def test_a_listener_hears_events_and_signs_of_life(stage, town):
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        await town.count(1)
        town.say(1)
        assert b"id: 1\nevent: scan.progress\ndata: {}\n\n" in await heard(answer, b"{}\n\n")
        assert await heard(answer, b": still here\n\n")


@pytest.mark.parametrize(("headers", "query"), [({"Last-Event-ID": "7-1"}, ""), ({}, "?last_event_id=7-1")])
async def test_a_listener_who_comes_back_resumes_where_it_left(stage, town, headers, query):
    async with stage.request("GET", f"/api/v1/events{query}", as_="ann", headers=headers):
        await town.count(1)
        assert town.listeners[0][:2] == ("ann", "7-1")


async def test_an_id_that_no_event_had_is_refused(stage):
    async with stage.request("GET", "/api/v1/events", as_="ann", headers={"Last-Event-ID": "x" * 65}) as answer:
        assert answer.status == 422


async def test_a_stranger_hears_nothing(stage):
    for path in ("/api/v1/events", "/api/v1/events/made-up", "/api/v1/events/ticket"):
        async with stage.request("GET", path) as answer:
            assert answer.status == 401


async def test_a_ticket_opens_the_stream_for_a_minute(stage, town, hour):
    async with stage.request("POST", "/api/v1/events/ticket", as_="bob") as answer:
        made = await answer.json()
    assert made["expires_in"] == 60
    async with stage.request("GET", made["url"]):
        await town.count(1)
        assert town.listeners[0][0] == "bob"
    hour[0] -= timedelta(minutes=2)
    async with stage.request("POST", "/api/v1/events/ticket", as_="bob") as answer:
        old = await answer.json()
    async with stage.request("GET", old["url"]) as answer:
        assert answer.status == 401
        assert (await answer.json(content_type=None))["code"] == "ticket_expired"


async def test_a_ticket_ends_with_its_session(stage, people):
    async with stage.request("POST", "/api/v1/events/ticket", as_="bob") as answer:
        made = await answer.json()
    people.closed.add(people.session("bob"))
    async with stage.request("GET", made["url"]) as answer:
        assert answer.status == 401


async def test_a_stream_ends_soon_after_its_session_even_when_much_happens(stage, town, people):
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer:
        await town.count(1)
        people.closed.add(people.session("bob"))
        async with asyncio.timeout(5):
            while town.listeners:
                town.say(1)
                await asyncio.sleep(0.02)
            await answer.content.read()


async def test_a_stream_ends_at_once_when_its_session_is_said_to_have_ended(stage, town, people):
    stage.routes.ping = 60  # nothing else will look
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer, stage.request("GET", "/api/v1/events", as_="ann") as other:
        await town.count(2)
        stage.routes.part(["library:1", f"session:{people.session('bob')}"])
        async with asyncio.timeout(5):
            await answer.content.read()
        await town.count(1)
        async with stage.request("GET", "/api/v1/events", as_="bob"):
            await town.count(2)  # a session that goes on is welcome again
            town.say(1)
            assert b"id: 1\n" in await heard(other, b"{}\n\n")


async def test_a_database_that_is_away_sends_nobody_away(stage, town, people):
    async def away(_session_id):
        raise Unavailable("away")

    people.of_session = away
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer:
        for _ in range(3):
            await heard(answer, b": still here\n\n")
        assert len(town.listeners) == 1


async def test_listeners_who_leave_are_forgotten_at_once(stage, town):
    """With aiohttp's default a handler never learns that its client has gone: a thousand closed pages would live on."""
    stage.routes.ping = 60  # no write will tell
    writers = []
    for _ in range(10):
        _, writer = await asyncio.open_connection(stage.host, stage.port)
        writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n\r\n")
        writers.append(writer)
    await town.count(10)
    for writer in writers:
        writer.transport.abort()
    async with asyncio.timeout(30):  # a ping would come after a minute
        while town.listeners or stage.routes._waiting or stage.routes._listening or stage.routes._parting:
            await asyncio.sleep(0)


async def test_one_sign_in_and_one_node_have_bounded_numbers_of_listeners(stage, town, monkeypatch):
    monkeypatch.setattr(module, "_MOST_PER_CALLER", 1)
    async with stage.request("GET", "/api/v1/events", as_="bob"):
        await town.count(1)
        async with stage.request("GET", "/api/v1/events", as_="bob") as second:
            assert second.status == 429
        monkeypatch.setattr(module, "_MOST", 1)
        async with stage.request("GET", "/api/v1/events", as_="ann") as other:
            assert other.status == 503
            assert other.headers["Retry-After"]


async def test_a_stopping_node_lets_its_listeners_go(stage, town):
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer:
        await town.count(1)
        await stage.routes.close()
        async with asyncio.timeout(5):
            await answer.content.read()
        await town.count(0)
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer:
        assert answer.status == 503


async def test_a_feed_that_ends_ends_the_stream(stage, town):
    async with stage.request("GET", "/api/v1/events", as_="bob") as answer:
        await town.count(1)
        town.end()
        async with asyncio.timeout(5):
            await answer.content.read()


async def test_a_listener_that_takes_nothing_is_left(stage, town, monkeypatch):
    monkeypatch.setattr(module, "_STALL", 0.2)
    _, writer = await asyncio.open_connection(stage.host, stage.port, limit=1 << 16)
    writer.transport.pause_reading()
    writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n\r\n")
    await town.count(1)
    for _ in range(200):
        town.listeners[0][2].put_nowait(Said(b"x" * (1 << 17)))
    await town.count(0)
    writer.close()


async def test_head_tells_what_it_would_be(stage, town):
    async with stage.request("HEAD", "/api/v1/events", as_="ann") as answer:
        assert answer.content_type == "text/event-stream"
    assert not town.listeners


def test_the_houses_feed_fits():
    from revenge.infra.feed import Feed, FeedEvent

    assert "frame" in FeedEvent.__struct_fields__
    assert Feed.subscribe.__defaults__ == (None,)
