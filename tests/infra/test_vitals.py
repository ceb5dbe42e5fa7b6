"""Nodes tell each other how they are, and are forgotten when they do not."""

from revenge.infra.vitals import Pulse, Seen, Vitals


def a_node(store, name, streams):
    async def look():
        return Vitals(0.5, streams, 1, 7, [Seen("/media", True)])

    return Pulse(store, name, look)


async def test_each_node_knows_how_the_others_are_and_forgets_them_in_seconds(store):
    one, two = a_node(store, "one", 1), a_node(store, "two", 2)
    async with two.lifetime():
        await two.tell()
        found = await one.of(["one", "two", "three"])
    assert {name: vitals.streams for name, vitals in found.items()} == {"one": 1, "two": 2}
    assert found["two"].roots == [Seen("/media", True)]
    assert 0 < await store.redis.pttl("revenge:vitals:two") <= 15_000


async def test_without_the_store_a_node_knows_itself(store, monkeypatch):
    async def away(*_words, **_options):
        raise ConnectionError("gone")

    one = a_node(store, "one", 1)
    for name in ("mget", "set"):
        monkeypatch.setattr(store.redis, name, away)
    await one.tell()
    assert set(await one.of(["one", "two"])) == {"one"}
