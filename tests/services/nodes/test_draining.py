"""A node that is about to go says so everywhere, whatever becomes of one of its parts, and comes back the same way."""

import asyncio

import pytest

from cluster.alone import Alone
from revenge.core.errors import NotFound
from revenge.infra.notices import Listener
from revenge.services.nodes.draining import CHANNEL, Draining, Wish


class Parts:
    """Parts that write down what they are told; one of them may fail or hang."""

    def __init__(self, broken=None) -> None:
        self.told: list[tuple[str, bool]] = []
        self.broken = broken

    def part(self, name):
        async def aside(draining):
            if name == "broken":
                await self.broken()
            self.told.append((name, draining))

        return name, aside


def a_node(database, *parts, others=(), name="one") -> Draining:
    return Draining(Alone("http://one", "1", name), database, lambda: others, parts, {"jobs": lambda: 2})


async def test_every_part_stands_aside_and_comes_back(database):
    parts = Parts()
    draining = a_node(database, parts.part("health"), parts.part("jobs"))
    assert await draining.command({}) == {"jobs": 2}
    assert not draining.on
    assert await draining.command({"draining": True}) == {"jobs": 2}
    assert draining.on
    assert sorted(parts.told) == [("health", True), ("jobs", True)]
    await draining.set(draining=False)
    assert not draining.on
    assert sorted(parts.told[2:]) == [("health", False), ("jobs", False)]


async def fails():
    raise OSError("gone")


@pytest.mark.parametrize("broken", [fails, lambda: asyncio.sleep(60)])
async def test_a_part_that_cannot_be_told_holds_nobody_up(database, monkeypatch, broken):
    monkeypatch.setattr("revenge.services.nodes.draining._LONGEST", 0.05)
    parts = Parts(broken)
    draining = a_node(database, parts.part("broken"), parts.part("jobs"))
    await draining.set(draining=True)
    assert draining.on
    assert parts.told == [("jobs", True)]


async def test_streams_move_only_where_there_is_another_node(database):
    assert a_node(database, others=("http://two",)).leaving() is None
    for others, moves in ((("http://two",), True), ((), False)):
        draining = a_node(database, others=others)
        await draining.set(draining=True)
        assert (draining.leaving() is not None) == moves


async def test_a_node_is_asked_by_another_and_strange_words_harm_nothing(database):
    one, two = a_node(database), a_node(database, name="two")
    one._cluster.members = lambda: [*Alone("", "1", "one").members(), *Alone("", "1", "two").members()]
    listener = Listener(database.url)
    listener.on(CHANNEL, two.hear)
    async with listener.lifetime():
        two.hear("{")
        await one.wish(Wish("two"))
        async with asyncio.timeout(5):
            while not two.on:
                await asyncio.sleep(0.01)
        assert not one.on
        with pytest.raises(NotFound):
            await one.wish(Wish("three"))
        await one.wish(Wish("one"))
        assert one.on
