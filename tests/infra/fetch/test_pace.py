"""How often a service is asked, by all nodes together."""

import asyncio
import time

import pytest

from revenge.core.sources import Unreachable
from revenge.infra.cache.store import Store
from revenge.infra.fetch.pace import Manners, Pace


@pytest.mark.parametrize("manners", [Manners(1, 1), Manners(5, 1), Manners(20, 10), Manners(50, 1), Manners(200, 86400)])
def test_no_period_ever_sees_more_calls_than_agreed(manners):
    """Whatever the moment it begins: the burst, and what comes after it."""
    times, due = [], 0.0
    for _ in range(manners.calls * 3):
        at = max(0.0, due - manners.interval * (manners.burst - 1))
        times.append(at)
        due = max(due, at) + manners.interval
    for number, first in enumerate(times):
        assert sum(first <= at < first + manners.period - 1e-9 for at in times[number:]) <= manners.calls


async def test_two_nodes_together_ask_no_more_often_than_one(store, store_server):
    manners = Manners(calls=20, period=0.5)
    async with Store(store_server).lifetime() as other:
        nodes = [Pace("tmdb", manners, one) for one in (store, other)]
        at: list[float] = []

        async def ask(pace: Pace) -> None:
            await pace.turn(30)
            at.append(time.monotonic())

        await asyncio.gather(*(ask(nodes[number % 2]) for number in range(40)))
    at.sort()
    for number, first in enumerate(at):
        assert sum(first <= one < first + 0.45 for one in at[number:]) <= 20
    assert at[-1] - at[0] < 1.6


async def test_who_would_wait_too_long_is_told_at_once(store):
    pace = Pace("comics", Manners(calls=1, period=3600), store)
    await pace.turn(1)
    with pytest.raises(Unreachable) as told:
        await pace.turn(1)
    assert 3500 < told.value.retry_after <= 3600


async def test_without_the_store_each_node_counts_for_itself(mortal_store):
    async with Store(mortal_store.url).lifetime() as store:
        mortal_store.kill()
        pace = Pace("tvdb", Manners(calls=10, period=1), store)
        began = time.monotonic()
        for _ in range(3):
            await pace.turn(30)
        assert time.monotonic() - began >= 0.2
        assert pace.waiting == 0
        slow = Pace("comics", Manners(calls=1, period=3600), store)
        await slow.turn(1)
        with pytest.raises(Unreachable):
            await slow.turn(1)


async def test_a_store_that_was_emptied_gives_turns_again(store):
    pace = Pace("comics", Manners(calls=1, period=3600), store)
    await pace.turn(1)
    await store.redis.flushall()
    await pace.turn(1)
    assert await store.redis.pttl("revenge:pace:comics") > 0
