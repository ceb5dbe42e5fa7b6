"""What nodes remember of how busy they were."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from revenge.core.errors import Unavailable
from revenge.core.load import Sample
from revenge.infra.cache.store import Store
from revenge.infra.load import LoadHistory


def sample(answers: int, at: float | None = None) -> Sample:
    return Sample(at or time.time(), {"stream": 1.5}, {}, answers, 1, {"library": 2}, {"library": 1}, {"library": 7})


@asynccontextmanager
async def a_node(store_url: str, name: str, every: float = 0.02, broken: int = 0):
    """A node that counts its looks; the first so many fail."""
    looks = 0

    async def look() -> Sample:
        nonlocal looks
        looks += 1
        if looks <= broken:
            raise Unavailable("The database is away.")
        return sample(looks)

    async with Store(store_url).lifetime() as store, LoadHistory(store, name, look, every).lifetime() as history:
        yield history


async def seen(history: LoadHistory, nodes: set[str], count: int = 3, seconds: float = 5) -> dict[str, list[Sample]]:
    async with asyncio.timeout(seconds):
        while True:
            known = await history.of_all()
            if set(known) == nodes and all(len(samples) >= count for samples in known.values()):
                return known
            await asyncio.sleep(0.02)


async def test_every_node_shows_what_all_of_them_remember_oldest_first(store, store_server):
    async with a_node(store_server, "one") as one, a_node(store_server, "two") as two:
        for history in (one, two):
            known = await seen(history, {"one", "two"})
            for samples in known.values():
                assert [one.answers for one in samples] == sorted(one.answers for one in samples)
        assert known["one"][0].sent == {"stream": 1.5}


async def test_what_cannot_be_seen_is_a_gap(store, store_server):
    async with a_node(store_server, "one", broken=3) as one:
        known = await seen(one, {"one"}, 2)
        assert known["one"][0].answers == 4


async def test_a_node_that_is_gone_is_forgotten_after_ten_minutes(store, store_server):
    await store.redis.zadd("revenge:load", {"gone": time.time() - 700, "here": time.time() - 100})
    async with a_node(store_server, "one") as one:
        await seen(one, {"one", "here"}, 0)


async def test_without_the_store_a_node_shows_itself(mortal_store):
    async with a_node(mortal_store.url, "one") as one:
        await seen(one, {"one"})
        mortal_store.kill()
        known = await seen(one, {"one"}, 5)
        assert len(known["one"]) >= 5


async def test_nonsense_in_the_store_hides_nothing_of_ones_own(store, store_server):
    await store.redis.zadd("revenge:load", {"odd": time.time()})
    await store.redis.lpush("revenge:load:odd", b"nonsense")
    async with a_node(store_server, "one") as one:
        await seen(one, {"one"})


@pytest.mark.parametrize("count", [1, 400])
async def test_ten_minutes_are_kept(store, store_server, count):
    async with a_node(store_server, "one", every=0) as one:
        known = await seen(one, {"one"}, min(count, 300), 20)
        assert len(known["one"]) <= 300
        assert await store.redis.llen("revenge:load:one") <= 300
