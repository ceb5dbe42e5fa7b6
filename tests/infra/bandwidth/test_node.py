"""What a node may send and fetch, alone and beside another that shares its uplink."""

import asyncio
from contextlib import AsyncExitStack
from math import inf

import pytest

from revenge.core.qos import Qos
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.cache.store import Store
from tests.infra.bandwidth.test_link import M, Reader


async def until(holds) -> None:
    async with asyncio.timeout(8):
        while not holds():
            await asyncio.sleep(0.05)


def test_what_is_sent_and_what_is_fetched_are_limited_apart(store):
    bandwidth = Bandwidth(store, "a")
    bandwidth.set_node(80_000_000)
    bandwidth.set_person(8_000_000)
    assert (bandwidth.sent.limits.node, bandwidth.sent.limits.user) == (80 * M, 8 * M)
    assert (bandwidth.fetched.limits.node, bandwidth.fetched.limits.user) == (80 * M, inf)
    bandwidth.set_node(None)
    assert not bandwidth.fetched.limits.bind
    assert bandwidth.sent.limits.bind


async def test_who_watches_at_one_node_comes_before_the_background_of_another_on_the_same_uplink(mortal_store):
    async with Store(mortal_store.url).lifetime() as store, AsyncExitStack() as living:
        a, b = [await living.enter_async_context(Bandwidth(store, name).lifetime()) for name in "ab"]
        for bandwidth in (a, b):
            bandwidth.set_uplink(40_000_000)
        sync = Reader(Qos.BACKGROUND, "bob", remote=True)
        b.sent.join(sync)
        await until(lambda: sync.mbit > 30)
        stream = Reader(Qos.STREAM, could=8 * M, remote=True)
        a.sent.join(stream)
        await until(lambda: sync.mbit <= 2 and stream.rate >= 8 * M)
        here = Reader(Qos.BACKGROUND, "bob")
        b.sent.join(here)
        assert here.rate == inf  # it stays within the house
        await until(lambda: a.sent.limits.uplink < 40 * M)  # they know of each other
        mortal_store.kill()
        await until(lambda: a.sent.limits.uplink == b.sent.limits.uplink == 20 * M)


async def test_who_watches_comes_before_what_is_fetched_in_the_background(store):
    async with Bandwidth(store, "a").lifetime() as bandwidth:
        bandwidth.set_node(100_000_000)
        facts = Reader(Qos.BACKGROUND, "facts")
        bandwidth.fetched.join(facts)
        assert facts.mbit == pytest.approx(100)
        bandwidth.sent.join(Reader(Qos.STREAM))
        await until(lambda: facts.mbit == pytest.approx(5))
