"""What one may rely on when something is cached."""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
from sqlalchemy import text

from revenge.core.sources import Absent
from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.infra.cache.local import Local
from revenge.infra.cache.store import Store
from revenge.infra.notices import Listener


class Film(msgspec.Struct, frozen=True):
    title: str
    year: int | None = None


class Source:
    """Where values come from: counts how often it is asked."""

    def __init__(self, value: object = None) -> None:
        self.value = value
        self.asked = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self):
        self.asked += 1
        value = self.value
        if self.gate:
            await self.gate.wait()
        await asyncio.sleep(0)
        return value


@asynccontextmanager
async def a_node(database_url: str, store_url: str):
    """One node's cache on its own connections."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(store_url).lifetime())
        listener = Listener(database_url)
        cache = Cache(store, Bus(listener), most=100)
        await stack.enter_async_context(listener.lifetime())
        await stack.enter_async_context(cache.lifetime())
        await heard(cache)
        yield cache


async def heard(cache: Cache) -> None:
    """Wait until the store has heard of every drop."""
    async with asyncio.timeout(5):
        while not cache._trusted(("",)):
            await asyncio.sleep(0.005)


async def until(condition, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def node(database_url, store, store_server):
    async with a_node(database_url, store_server) as cache:
        yield cache


async def test_what_was_loaded_is_not_loaded_again(node):
    source = Source(Film("Alien", 1979))
    assert [await node.get("film:1", ["film:1"], source, Film) for _ in range(3)] == [Film("Alien", 1979)] * 3
    assert source.asked == 1
    assert node.layers["l1"].hits == 2
    assert node.layers["l1"].ratio == pytest.approx(2 / 3)


async def test_another_node_finds_it_in_the_store(node, database_url, store_server):
    source = Source(Film("Alien", 1979))
    async with a_node(database_url, store_server) as other:
        await node.get("film:1", ["film:1"], source, Film)
        assert await other.get("film:1", ["film:1"], source, Film) == Film("Alien", 1979)
    assert source.asked == 1
    assert other.layers["l2"].hits == 1


async def test_five_hundred_who_ask_at_once_load_it_once(node):
    source = Source(Film("Alien"))
    source.gate = asyncio.Event()
    asking = [asyncio.create_task(node.get("film:1", [], source, Film)) for _ in range(500)]
    await until(lambda: source.asked)
    source.gate.set()
    assert set(await asyncio.gather(*asking)) == {Film("Alien")}
    assert source.asked == 1


async def test_one_who_gives_up_waiting_does_not_spoil_it_for_the_others(node):
    source = Source(Film("Alien"))
    source.gate = asyncio.Event()
    first, second = (asyncio.create_task(node.get("film:1", [], source, Film)) for _ in range(2))
    await until(lambda: source.asked)
    first.cancel()
    source.gate.set()
    assert await second == Film("Alien")


async def test_an_error_reaches_everybody_who_waits_and_is_not_kept(node):
    async def fails():
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(*(node.get("k", [], fails, Film) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["no"] * 3
    assert await node.get("k", [], Source(Film("Alien")), Film) == Film("Alien")


async def test_absence_is_kept_only_where_that_was_asked_for(node):
    source = Source(None)
    for _ in range(2):
        assert await node.get("a", [], source, Film | None) is None
    assert source.asked == 2
    for _ in range(2):
        assert await node.get("b", [], source, Film | None, absent=30) is None
    assert source.asked == 3


async def test_that_a_source_has_no_such_thing_is_remembered_on_every_node_and_said_anew(node, database_url, store_server):
    asked = 0

    async def nothing():
        nonlocal asked
        asked += 1
        raise Absent("tmdb has no such film.")

    async with a_node(database_url, store_server) as other:
        for cache in (node, node, other, other):
            with pytest.raises(Absent, match="tmdb has no such film"):
                await cache.get("film:404", ["film"], nothing, Film, absent=30)
        assert asked == 1
    for _ in range(2):
        with pytest.raises(Absent):
            await node.get("film:405", [], nothing, Film)
    assert asked == 3, "where absence is not kept it is asked for again"
    node.drop(["film"])
    await heard(node)
    assert await node.get("film:404", ["film"], Source(Film("Alien")), Film, absent=30) == Film("Alien")


async def test_what_is_asked_for_again_and_again_is_loaded_anew_before_anybody_has_to_wait_for_it(node):
    clock = [0.0]
    node._local._timer = lambda: clock[0]
    source = Source(1)
    await node.get("k", [], source, local=100)
    clock[0] = 79
    await node.get("k", [], source, local=100)
    assert source.asked == 1
    clock[0], source.value, source.gate = 81, 2, asyncio.Event()
    assert [await node.get("k", [], source, local=100) for _ in range(5)] == [1] * 5
    await until(lambda: source.asked == 2)
    source.gate.set()
    await until(lambda: not node._flights)
    clock[0] = 150
    assert await node.get("k", [], source, local=100) == 2
    assert source.asked == 2


async def test_an_early_load_that_fails_costs_nobody_their_answer_and_is_not_tried_at_every_turn(node):
    clock, asked = [0.0], []
    node._local._timer = lambda: clock[0]

    async def fails():
        asked.append(clock[0])
        raise ValueError("the source is away")

    await node.get("k", [], Source(1), local=100)
    for clock[0] in (85, 86, 87, 99):
        assert await node.get("k", [], fails, local=100) == 1
        await until(lambda: not node._flights)
    assert asked == [85, 99]


async def test_what_is_gone_when_it_is_loaded_early_is_gone(node):
    clock = [0.0]
    node._local._timer = lambda: clock[0]
    source = Source(1)
    await node.get("k", [], source, local=100)
    clock[0], source.value = 85, None
    await node.get("k", [], source, local=100)
    await until(lambda: not node._flights)
    assert await node.get("k", [], source, local=100) is None


async def test_an_early_load_takes_what_another_node_has_just_loaded_but_not_what_has_grown_old(node, database_url, store_server):
    source = Source(Film("Old"))
    async with a_node(database_url, store_server) as other:
        for cache, age, expected in ((node, 0, 1), (other, 60, 1), (other, 2900, 2)):
            cache._local.clear()
            cache._shared._clock = lambda age=age: time.time() + age
            cache._local._timer = lambda: 0.0
            await cache.get("film:1", [], source, Film)
            cache._local._timer = lambda: 250.0
            await cache.get("film:1", [], source, Film)
            await until(lambda cache=cache: not cache._flights)
            assert source.asked == expected


async def test_a_change_is_seen_on_every_node_within_a_second_of_its_commit(node, database_url, store_server, site):
    source = Source(Film("Old"))
    async with a_node(database_url, store_server) as other:
        for cache in (node, other):
            await cache.get("film:1", ["film:1", "library:9"], source, Film)
        async with site.database.write() as db:
            await db.invalidate("library:9")
            source.value = Film("New")
            assert await other.get("film:1", ["film:1", "library:9"], source, Film) == Film("Old")
        committed = time.monotonic()
        for cache in (node, other):
            while await cache.get("film:1", ["film:1", "library:9"], source, Film) != Film("New"):
                await asyncio.sleep(0.005)
        assert time.monotonic() - committed < 1


async def test_a_rolled_back_change_drops_nothing(node, site):
    source = Source(Film("Alien"))
    await node.get("film:1", ["film:1"], source, Film)

    async def change_and_fail() -> None:
        async with site.database.write() as db:
            await db.invalidate("film:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()
    async with site.database.write() as db:
        await db.invalidate("another")
    await asyncio.sleep(0.05)
    await node.get("film:1", ["film:1"], source, Film)
    assert source.asked == 1


async def test_a_value_loaded_before_a_change_is_not_kept_after_it(node, database_url, store_server):
    """The slow reader: it has read the old value, the change commits, and only then does it come to write."""
    source = Source(Film("Old"))
    source.gate = asyncio.Event()
    slow = asyncio.create_task(node.get("film:1", ["film:1"], source, Film))
    await until(lambda: source.asked)
    node.drop(["film:1"])
    await heard(node)
    source.value = Film("New")
    source.gate.set()
    assert await slow == Film("Old")
    assert await node.get("film:1", ["film:1"], source, Film) == Film("New")
    async with a_node(database_url, store_server) as other:
        assert await other.get("film:1", ["film:1"], source, Film) == Film("New")


async def test_who_has_just_committed_reads_their_own_write(node):
    source = Source(Film("Old"))
    await node.get("film:1", ["film:1"], source, Film)
    source.value = Film("New")
    node._bus.drop(["film:1"])
    assert await node.get("film:1", ["film:1"], source, Film) == Film("New")


async def test_too_many_tags_drop_everything(node, site):
    source = Source(Film("Alien"))
    await node.get("film:1", ["film:1"], source, Film)
    async with site.database.write() as db:
        await db.invalidate(*(f"film:{n:04}" for n in range(2000)))
    await until(lambda: len(node._local) == 0)
    await heard(node)
    await node.get("film:1", ["film:1"], source, Film)
    assert source.asked == 2


async def test_a_node_that_lost_the_channel_believes_nothing_until_it_is_back(node, database_url, site):
    source = Source(Film("Alien"))
    await node.get("film:1", ["film:1"], source, Film, shared=0)
    async with site.database.read() as db:
        await db.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'revenge listen' and datname = current_database()"
            )
        )
    await until(lambda: not node._bus.alive)
    for _ in range(2):
        await node.get("film:1", ["film:1"], source, Film, shared=0)
    assert source.asked == 3
    await until(lambda: node._bus.alive)
    for _ in range(2):
        await node.get("film:1", ["film:1"], source, Film, shared=0)
    assert source.asked == 4


async def test_without_the_store_everything_is_right_and_nobody_waits(database_url, mortal_store):
    async with a_node(database_url, mortal_store.url) as node:
        mortal_store.kill()
        source = Source(Film("Old"))
        began = time.monotonic()
        for n in range(50):
            assert await node.get(f"film:{n}", ["film"], source, Film) == Film("Old")
        assert time.monotonic() - began < 1
        assert await node.get("film:1", ["film"], source, Film) == Film("Old")
        assert source.asked == 50
        node.drop(["film"])
        source.value = Film("New")
        assert await node.get("film:1", ["film"], source, Film) == Film("New")


async def test_a_change_made_while_the_store_was_away_is_not_undone_by_what_lies_in_it(database_url, mortal_store, monkeypatch):
    """A store that could not be reached for a while still holds what was dropped meanwhile."""
    source = Source(Film("Old"))
    async with a_node(database_url, mortal_store.url) as node:
        await node.get("film:1", ["film:1"], source, Film)

        async def unreachable(_tags: object) -> None:
            raise OSError("no route")

        monkeypatch.setattr(node._shared, "drop", unreachable)
        node.drop(["film:1"])
        source.value = Film("New")
        assert await node.get("film:1", ["film:1"], source, Film, local=0) == Film("New")
        monkeypatch.undo()
        await heard(node)
        assert await node.get("film:1", ["film:1"], source, Film, local=0) == Film("New")


async def test_what_an_older_version_wrote_is_a_miss(node):
    await node.get("k", [], Source("a string"), str, local=0)
    assert await node.get("k", [], Source(Film("Alien")), Film, local=0) == Film("Alien")


async def test_an_evicted_version_makes_no_old_value_valid_again(node, store):
    source = Source(Film("Old"))
    await node.get("film:1", ["film:1"], source, Film, local=0)
    node.drop(["film:1"])
    await heard(node)
    await store.redis.delete("revenge:tag:film:1")
    source.value = Film("New")
    assert await node.get("film:1", ["film:1"], source, Film, local=0) == Film("New")


async def test_without_a_kind_a_value_stays_in_this_process(node, store):
    value = object()
    assert await node.get("k", [], Source(value)) is value
    assert await store.redis.keys("revenge:held:*") == []


def test_the_first_layer_is_bounded_in_number_and_age():
    clock = [0.0]
    local = Local(2, lambda: clock[0])
    for key in "abc":
        local.put(key, key, 10, ["t", key])
        local.find("a")
    assert [key for key in "abc" if local.find(key)] == ["a", "c"]
    clock[0] = 10
    assert local.find("a") is None
    local.drop("t")
    assert len(local) == 0
    assert local._by_tag == {}


def test_large_values_push_out_as_many_small_ones_as_they_weigh():
    local = Local(4)
    for key in "abcd":
        local.put(key, key, 10, [])
    local.put("page", "page", 10, [], weight=3)
    assert [key for key in ("a", "b", "c", "d", "page") if local.find(key)] == ["d", "page"]
    local.remove("page")
    for key in "efg":
        local.put(key, key, 10, [])
    assert all(local.find(key) for key in "defg")


async def test_an_unreadable_invalidation_drops_everything(node, site):
    await node.get("k", ["t"], Source(1), int)
    async with site.database.read() as db:
        await db.execute(text("select pg_notify('invalidate', 'what?')"))
    await until(lambda: len(node._local) == 0)
