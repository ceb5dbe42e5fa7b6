"""What a program sees of a cluster: the same whether the node is alone or one of several."""

import asyncio

import pytest

from cluster import Alone, Conflict, Counting, NoQuorum, Refused
from cluster.table import Content, Table


@pytest.fixture(params=["alone", "one of three"])
async def nodes(request, site):
    """One node alone, or three."""
    if request.param == "alone":
        alone = Alone("http://x", "1.0", "only")
        async with alone.lifetime():
            yield [alone]
    else:
        yield [machine.node for machine in await site.three()]


async def until(condition, seconds=10):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def test_exactly_one_leads_and_has_a_number_for_it(nodes):
    await until(lambda: any(node.leadership.token for node in nodes))
    leading = [node for node in nodes if node.leadership.token]
    assert len(leading) == 1
    await until(lambda: all(node.leader == leading[0].node_id for node in nodes))


async def test_changes_of_the_leadership_are_told(nodes):
    async for reign in nodes[0].leadership.changes():
        if reign.leader is not None and reign.has_quorum:
            break
    assert reign.term >= 1


async def test_a_value_is_set_over_the_version_one_has_seen(nodes):
    first, last = nodes[0], nodes[-1]
    assert first.configuration.get("quota") == (0, None)
    version = await first.configuration.set("quota", {"gb": 5}, version=0)
    with pytest.raises(Conflict) as stale:
        await last.configuration.set("quota", {"gb": 6}, version=0)
    assert stale.value.version == version
    assert await last.configuration.set("quota", {"gb": 7}, version=version) > version
    await until(lambda: all(node.configuration.get("quota")[1] == {"gb": 7} for node in nodes))
    with pytest.raises(Refused, match="at most"):
        await first.configuration.set("quota", "x" * 10_000)


async def test_a_lease_has_one_holder_and_a_number_that_grows(nodes):
    first, last = nodes[0], nodes[-1]
    held = await first.leases.take("scan", 30)
    assert held is not None
    assert held.valid
    assert await last.leases.take("scan", 30) is None
    await until(lambda: [(s.name, s.holder, s.token) for s in last.leases.standing()] == [("scan", first.node_id, held.token)])
    assert await first.leases.renew(held, 30)
    assert held.left > 29
    await first.leases.give_back(held)
    assert not held.valid
    await until(lambda: not last.leases.standing())
    again = await last.leases.take("scan", 30)
    assert again.token > held.token
    assert not await first.leases.renew(held, 30)


async def test_a_lease_nobody_renews_may_be_taken_after_its_time_and_not_before(nodes):
    first, last = nodes[0], nodes[-1]
    held = await first.leases.take("scan", 0.3)
    taken = []

    async def wait():
        while not taken:
            lease = await last.leases.take("scan", 5)
            assert lease is None or not held.valid
            taken.extend([lease] if lease else [])
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), 5)
    assert taken[0].token > held.token


async def test_a_lease_is_renewed_for_as_long_as_the_work_takes(nodes):
    async with nodes[0].leases.holding("scan", 0.3) as lease:
        for _ in range(8):
            await asyncio.sleep(0.1)
            assert lease.valid
            async with nodes[-1].leases.holding("scan", 0.3) as other:
                assert other is None
    assert not lease.valid


async def test_tags_reach_every_node_together(nodes):
    heard = [[] for _ in nodes]
    for node, mine in zip(nodes, heard, strict=True):
        node.invalidations.listen(mine.append)
    for tag in ("movie:1", "movie:2", "movie:1"):
        nodes[0].invalidations.publish([tag])
    nodes[0].invalidations.publish([f"person:{number}" for number in range(100)])
    wanted = ["movie:1", "movie:2", *(f"person:{number}" for number in range(100))]
    await until(lambda: all([tag for tags in mine for tag in tags] == wanted for mine in heard))
    assert max(len(tags) for tags in heard[0]) <= 64


async def test_a_node_that_drains_says_so_and_leads_no_more(nodes):
    await until(lambda: any(node.leadership.token for node in nodes))
    node = next(node for node in nodes if node.leadership.token)
    await node.drain()
    others = [other for other in nodes if other is not node]
    await until(lambda: {m.node_id: m.state for m in nodes[-1].members()}[node.node_id] == "draining")
    if others:
        await until(lambda: any(other.leadership.token for other in others))
    await node.drain(draining=False)
    await until(lambda: {m.node_id: m.state for m in nodes[-1].members()}[node.node_id] == "up")


async def test_without_its_others_a_node_says_at_once_that_nothing_was_done(site):
    await site.three()
    left = site.followers()[0]
    for machine in list(site.running()):
        if machine is not left:
            await machine.stop()
    await site.until(lambda: not left.node.has_quorum)
    with pytest.raises(NoQuorum):
        await left.node.configuration.set("a", 1)
    assert left.node.leadership.token is None


async def test_a_leader_without_a_number_from_the_database_does_not_act(site):
    class Away(Counting):
        away = True

        async def next(self, name):
            if self.away:
                raise ConnectionError("no database")
            return await super().next(name)

    site.epochs = Away()
    first = site.machine(bootstrap=True)
    await first.start()
    await site.until(lambda: first.node.role == "leader")
    assert first.node.leadership.token is None
    site.epochs.away = False
    await site.until(lambda: first.node.leadership.token == 1)


def test_what_the_table_cannot_carry_out_changes_nothing_and_stops_nobody():
    table = Table(lambda operation, result: None)
    for line in (
        b"",
        b"[]",
        b'{"op":[]}',
        b'{"op":"set"}',
        b'{"op":"from the future"}',
        b'{"op":"take","name":{}}',
        b"\x80\x02cos\nsystem\n",
    ):
        assert "error" in table.apply(line)
    table.load(table.dump())
    assert table.content.settings == Content().settings


def test_a_token_older_than_the_last_takes_no_lease():
    table = Table(lambda operation, result: None)
    assert table.carry_out({"op": "take", "name": "a", "holder": "x", "token": 7, "length": 1})["token"] == 7
    table.carry_out({"op": "return", "name": "a", "token": 7})
    assert table.carry_out({"op": "take", "name": "a", "holder": "y", "token": 5, "length": 1}) == {"stale": 7}


def test_an_invitation_is_used_once_and_in_time():
    table = Table(lambda operation, result: None)
    for name in ("a", "b"):
        table.carry_out({"op": "invite", "id": name, "secret": "s", "expires": 10, "now": 0})
    assert table.carry_out({"op": "use", "id": "a", "now": 5})["ok"]
    assert not table.carry_out({"op": "use", "id": "a", "now": 5})["ok"]
    assert not table.carry_out({"op": "use", "id": "b", "now": 11})["ok"]
