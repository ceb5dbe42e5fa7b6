"""Nodes that share a store know where the others are."""

import asyncio
from contextlib import AsyncExitStack

from revenge.infra.cache.store import Store
from revenge.infra.neighbours import Neighbours

ONE, TWO, THREE = (f"http://{name}:8080" for name in ("one", "two", "three"))


async def test_each_node_knows_the_others_and_not_itself(store):
    nodes = [Neighbours(store, origin) for origin in (ONE, TWO, THREE)]
    async with AsyncExitStack() as stack:
        for node in nodes:
            await stack.enter_async_context(node.lifetime())
        for node in nodes:
            await node.meet()
        assert [node.origins() for node in nodes] == [(THREE, TWO), (ONE, THREE), (ONE, TWO)]


async def test_a_node_that_leaves_is_named_no_more_but_its_pages_may_still_come(store, clock):
    one, two = Neighbours(store, ONE, clock), Neighbours(store, TWO, clock)
    async with one.lifetime():
        async with two.lifetime():
            await one.meet()
            assert one.origins() == (TWO,)
        for hours, known in ((0, (TWO,)), (23, (TWO,)), (2, ())):
            clock.pass_(hours=hours)
            await one.meet()
            assert (one.origins(), one.known()) == ((), known)


async def test_a_node_that_died_is_forgotten_after_seconds(store):
    one, two = Neighbours(store, ONE), Neighbours(store, TWO)
    await two.meet()
    await one.meet()
    assert 0 < await store.redis.pttl(f"revenge:nodes:{TWO}") <= 10_000
    await store.redis.delete(f"revenge:nodes:{TWO}")
    await one.meet()
    assert one.origins() == ()


async def test_a_node_that_nobody_is_sent_to_knows_the_others(store):
    one, silent = Neighbours(store, ONE), Neighbours(store, None)
    async with one.lifetime(), silent.lifetime():
        await one.meet()
        assert (one.origins(), silent.origins()) == ((), (ONE,))


async def test_nodes_with_one_address_are_one_to_their_players(store):
    one, same = Neighbours(store, ONE), Neighbours(store, ONE)
    async with one.lifetime(), same.lifetime():
        await one.meet()
        assert one.origins() == same.origins() == ()


async def test_without_the_store_a_node_starts_ends_and_keeps_those_it_knew(store):
    async with Store("unix:///nowhere/at-all").lifetime() as away, Neighbours(away, ONE).lifetime() as lonely:
        assert lonely.origins() == ()
    one, two = Neighbours(store, ONE), Neighbours(store, TWO)
    await two.meet()
    await one.meet()
    one._store = Store("unix:///nowhere/at-all")
    await asyncio.wait_for(one.meet(), 5)
    assert one.origins() == (TWO,)


async def test_a_node_that_stands_aside_is_named_no_more_until_it_is_back(store):
    one, two = Neighbours(store, ONE), Neighbours(store, TWO)
    async with one.lifetime(), two.lifetime():
        for aside, origins in ((True, ()), (False, (TWO,))):
            await two.stand_aside(aside)
            await two.meet()
            await one.meet()
            assert one.origins() == origins
