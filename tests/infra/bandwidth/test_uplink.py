"""One way out of the house, and several nodes that use it."""

import asyncio
from math import inf

import pytest

from revenge.core.qos import Qos
from revenge.infra.bandwidth.uplink import Part, Uplink, parts
from revenge.infra.cache.store import Store


class Node:
    """A node that wants something."""

    def __init__(self, store: Store, name: str, wanted: float) -> None:
        self.wanted = wanted
        self.part = Part()
        self.uplink = Uplink(store, name, lambda: needs(person=self.wanted), self.take)
        self.uplink.limit = 100.0

    def take(self, part: Part) -> None:
        self.part = part


def needs(**wanted: float) -> list[float | None]:
    """What a node says, by the name of each class."""
    return [wanted.get(qos.name.lower()) for qos in Qos]


async def all_ask(*nodes: Node) -> list[float]:
    """What each gets when all have heard of each other."""
    for node in nodes:
        await node.uplink.part()
    return [round((await node.uplink.part()).rate, 6) for node in nodes]


async def test_one_node_alone_has_the_whole_uplink(store):
    assert await all_ask(Node(store, "a", inf)) == [100]


async def test_nodes_share_by_what_they_need_and_never_send_more_than_the_uplink_takes(store):
    a, b, c = (Node(store, name, inf) for name in "abc")
    assert await all_ask(a, b) == [50, 50]
    a.wanted = 10
    assert await all_ask(a, b) == [10, 90]
    assert await all_ask(a, b, c) == [10, 45, 45]
    a.wanted = b.wanted = c.wanted = 0
    assert sum(await all_ask(a, b, c)) == pytest.approx(100)


async def test_a_node_that_has_gone_leaves_its_part_to_the_others(store):
    a, b = Node(store, "a", inf), Node(store, "b", inf)
    await all_ask(a, b)
    await store.redis.delete("revenge:uplink:b")
    assert await all_ask(a) == [100]
    assert await store.redis.smembers("revenge:uplink") == {b"a"}


async def test_without_the_store_each_keeps_to_its_own_part(mortal_store):
    async with Store(mortal_store.url).lifetime() as store:
        a, b = Node(store, "a", inf), Node(store, "b", 10.0)
        assert await all_ask(a, b) == [90, 10]
        mortal_store.kill()
        assert await all_ask(a, b) == [50, 50]


async def test_a_limit_holds_at_once_and_the_limit_of_a_moment_ago_is_no_limit(store):
    node = Node(store, "a", inf)
    assert node.part.rate == 100
    async with node.uplink.lifetime():
        node.uplink.limit = inf
        assert node.part.rate == inf
        await asyncio.sleep(0)
        node.uplink.limit = 50
        assert node.part.rate == 50


async def test_nodes_hear_of_each_other_while_they_live(store):
    a, b = Node(store, "a", inf), Node(store, "b", inf)
    async with a.uplink.lifetime(), b.uplink.lifetime(), asyncio.timeout(10):
        while (a.part.rate, b.part.rate) != (50, 50):
            await asyncio.sleep(0.05)


def test_what_nobody_wants_is_divided_equally():
    assert parts(100, {"a": needs(person=10), "b": needs(person=0)}) == {"a": Part(55), "b": Part(45)}


def test_a_stream_of_one_node_comes_before_downloads_and_the_background_of_another():
    shared = parts(100, {"a": needs(stream=inf), "b": needs(person=inf, background=inf)})
    assert shared["a"].rate == pytest.approx(80)
    assert shared["b"] == Part(pytest.approx(20), pytest.approx(5))
    shared = parts(100, {"a": needs(stream=10), "b": needs(background=inf)})
    assert shared["b"].behind == pytest.approx(5)
    assert parts(100, {"a": needs(), "b": needs(background=inf)})["b"].behind == inf
