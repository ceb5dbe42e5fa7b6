"""One way out of the house, and several nodes that use it."""

from math import inf

import pytest

from revenge.infra.bandwidth.uplink import Uplink, parts
from revenge.infra.cache.store import Store


class Node:
    """A node that wants something."""

    def __init__(self, store: Store, name: str, wanted: float) -> None:
        self.wanted = wanted
        self.part = inf
        self.uplink = Uplink(store, name, lambda: self.wanted, self.take)
        self.uplink.limit = 100.0

    def take(self, part: float) -> None:
        self.part = part


async def all_ask(*nodes: Node) -> list[float]:
    """What each gets when all have heard of each other."""
    for node in nodes:
        await node.uplink.part()
    return [round(await node.uplink.part(), 6) for node in nodes]


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


async def test_a_node_takes_its_part_as_soon_as_it_lives_and_the_limit_of_a_moment_ago_is_no_limit(store):
    node = Node(store, "a", inf)
    async with node.uplink.lifetime():
        assert node.part == 100
    node.uplink.limit = inf
    async with node.uplink.lifetime():
        assert node.part == inf


def test_what_nobody_wants_is_divided_equally():
    assert parts(100, {"a": 10, "b": 0}) == {"a": 55, "b": 45}
