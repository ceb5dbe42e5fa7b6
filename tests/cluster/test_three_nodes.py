"""Three real nodes on loopback: they elect, fail over, come back, and take each other in."""

import asyncio
import os
import pickle
import socket
import threading
import time
from contextlib import suppress

import pytest

from cluster import Counting, Refused
from cluster.wire.handshake import Dialer, stretched
from tests.cluster.conftest import SECRET


async def test_three_nodes_become_one_cluster_and_what_one_sets_all_read(site):
    machines = await site.three()
    leader = await site.leader()
    for number, machine in enumerate(machines):
        await site.written(machine, f"key-{number}", number)
    await site.until(lambda: all(machine.node.configuration.get("key-2")[1] == 2 for machine in machines))
    for machine in machines:
        node = machine.node
        await site.until(lambda node=node: node.leader == leader.name and [member.state for member in node.members()] == ["up"] * 3)
        assert node.has_quorum
        assert node.role == ("leader" if machine is leader else "follower")
        assert node.cluster_id == machines[0].node.cluster_id
        assert {(member.node_id, member.http_address) for member in node.members()} == {
            (f"node-{n}", f"http://node-{n}") for n in (1, 2, 3)
        }


async def test_another_leads_when_the_leader_is_gone_and_nothing_is_lost(site):
    machines = await site.three()
    old = await site.leader()
    term, token = old.node.term, old.node.leadership.token
    await site.written(old, "kept", "yes")
    await old.stop()
    new = await site.leader()
    assert new is not old
    assert new.node.term > term
    assert new.node.leadership.token > token
    assert new.node.configuration.get("kept")[1] == "yes"
    gone = {member.node_id: member.state for member in new.node.members()}
    await site.until(lambda: {m.node_id: m.state for m in new.node.members()}[old.name] == "down")
    assert set(gone) == {machine.name for machine in machines}
    await old.start()
    await site.until(lambda: old.node.has_quorum and old.node.configuration.get("kept")[1] == "yes")


async def test_all_nodes_stopped_and_started_know_what_they_knew(site):
    machines = await site.three()
    await site.written(machines[1], "kept", [1, 2, 3])
    for machine in machines:
        await machine.stop()
    await asyncio.gather(*(machine.start(join_addrs=("127.0.0.1:1",), bootstrap=False) for machine in machines))
    leader = await site.leader()
    await site.until(lambda: all(machine.node.configuration.get("kept")[1] == [1, 2, 3] for machine in machines))
    assert len(leader.node.members()) == 3


@pytest.mark.parametrize("spoil", [lambda log: log[:-7], lambda log: log + b"garbage at the end"])
async def test_a_node_whose_log_was_spoilt_at_the_end_is_brought_up_to_date(site, spoil):
    await site.three()
    machine = site.followers()[0]
    await site.written(machine, "kept", "yes")
    await machine.stop()
    log = machine.path / "journal"
    log.write_bytes(spoil(log.read_bytes()))
    node = await machine.start()
    await site.until(lambda: node.health().certain and node.configuration.get("kept")[1] == "yes")


async def test_a_leader_whose_disk_is_full_hands_over_and_comes_back(site):
    await site.three()
    old = await site.leader()
    old.disk.full = True
    asyncio.get_running_loop().create_task(site.written(old, "while", "full"))
    await site.until(lambda: site.leaders() and site.leaders() != [old])
    await site.written(site.leaders()[0], "after", "yes")
    assert "No space left" in old.node.health().disk
    old.disk.full = False
    await site.until(lambda: not old.node.health().disk and old.node.configuration.get("after")[1] == "yes")


async def test_a_member_leaves_another_is_removed_and_a_new_one_comes(site):
    await site.three()
    leaving = await site.leader()
    await leaving.node.leave()
    await leaving.stop()
    left = await site.leader()
    await site.until(lambda: len(left.node.members()) == 2)
    fresh = site.machine(join_addrs=tuple(machine.address for machine in site.running()))
    await fresh.start()
    dead = site.followers()[0]
    await dead.stop()
    await (await site.leader()).node.remove(dead.address)
    await site.until(lambda: all(len(machine.node.members()) == 2 for machine in site.running()))
    await site.written(fresh, "two", "are enough")


async def test_an_emptied_disk_does_not_come_back_under_its_old_name(site):
    await site.three()
    machine = site.followers()[0]
    await machine.stop()
    for file in machine.path.iterdir():
        file.unlink()
    others = tuple(other.address for other in site.running())
    with pytest.raises(Refused, match="with another disk: remove it first"):
        await machine.start(join_addrs=others, bootstrap=True)
    await (await site.leader()).node.remove(machine.address)
    for file in machine.path.iterdir():
        file.unlink()
    node = await machine.start(join_addrs=others)
    await site.until(lambda: len(node.members()) == 3)


async def test_an_address_where_nobody_is_does_not_cost_the_quorum(site):
    from cluster.wire.ask import ask

    first = site.machine(bootstrap=True)
    await first.start()
    await site.leader()
    body = {"address": "127.0.0.1:1", "ident": "x", "node": {}}
    answer = await asyncio.to_thread(ask, first.address, first.node.key, "join", body, "", 6.0)
    assert "was not added" in answer["refused"]
    await site.written(first, "still", "writes")
    assert len(first.node.members()) == 1


async def test_a_node_with_another_secret_never_gets_in(site):
    first = site.machine(bootstrap=True)
    await first.start()
    stranger = site.machine(join_addrs=(first.address,), secret="another secret, which is long enough too")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stranger.start(), 1.0)
    assert len(first.node.members()) == 1


async def test_a_changed_address_a_missing_secret_and_a_taken_port_are_refused_in_sentences(site):
    first = site.machine(bootstrap=True)
    await first.start()
    with pytest.raises(Refused, match="shorter than 32"):
        await site.machine(secret="short").start()
    taken = site.machine(bootstrap=True)
    taken.address, taken.epochs = first.address, Counting()
    with pytest.raises(Refused, match="cannot be opened: Address already in use"):
        await taken.start()
    named = site.machine(bootstrap=True)
    named.epochs = Counting()
    with pytest.raises(Refused, match="must be an IP address of this machine"):
        await named.start(bind_addr="localhost:7000")
    await first.stop()
    first.address = "127.0.0.1:7999"
    with pytest.raises(Refused, match="run `revenge cluster leave`"):
        await first.start()


async def test_a_second_cluster_on_one_database_is_refused_when_it_is_founded(site):
    first = site.machine(bootstrap=True)
    await first.start()
    await site.leader()
    with pytest.raises(Refused, match=f"belongs to a cluster already .{first.node.cluster_id}."):
        await site.machine(bootstrap=True).start()
    with pytest.raises(Refused, match="knows no cluster: set"):
        await site.machine().start()


async def test_of_two_clusters_founded_at_once_one_leads_and_the_other_never_acts(site):
    class Late(Counting):
        async def owner(self):
            return ""

    site.epochs = Late()
    one, two = site.machine(bootstrap=True), site.machine(bootstrap=True)
    await asyncio.gather(one.start(), two.start())
    await site.until(lambda: one.node.role == two.node.role == "leader" and site.leaders())
    acting = site.leaders()[0]
    assert await site.epochs.claim("") == acting.node.cluster_id
    await asyncio.sleep(1.2)
    assert site.leaders() == [acting]


async def test_a_leader_whose_number_was_refused_gets_a_greater_one(site):
    first = site.machine(bootstrap=True)
    await first.start()
    leadership = (await site.leader()).node.leadership
    old = leadership.token
    leadership.renew(old - 1)
    assert leadership.token == old
    leadership.renew(old)
    assert leadership.token is None
    await site.until(lambda: leadership.token == old + 1)
    assert [(reign.leader, reign.has_quorum) for _, reign in leadership.history][-1] == ("node-1", True)


async def test_whatever_strangers_send_the_cluster_goes_on_and_its_leader_stays(site):
    """Garbage, pickles, recorded hellos and open doors, at every node for a while."""
    machines = await site.three()
    leader = await site.leader()
    term = leader.node.term
    recorded = Dialer(stretched(SECRET)).hello
    evil = pickle.dumps(ZeroDivisionError("never read")) * 50
    crowd = []

    async def knock(address, words):
        host, _, port = address.rpartition(":")
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(host, int(port))
            crowd.append(writer)
            writer.write(words)
            await asyncio.wait_for(reader.read(200), 0.2)

    async def siege(address):
        for number in range(60):
            await asyncio.sleep(0.01)  # besiegers and besieged share one interpreter, which is not what is tried here
            with suppress(TimeoutError):
                await knock(address, (os.urandom(300), evil, recorded + os.urandom(64), b"")[number % 4])

    besieged = asyncio.gather(*(siege(machine.address) for machine in machines))
    written = 0
    while not besieged.done():
        await site.written(machines[written % 3], f"key-{written}", written)
        written += 1
        await asyncio.sleep(0.05)
    await besieged
    for writer in crowd:
        writer.close()
    assert written > 10
    assert (await site.leader(), leader.node.term) == (leader, term)
    await site.until(lambda: all(machine.node.configuration.get(f"key-{written - 1}")[1] == written - 1 for machine in machines))


async def test_nodes_may_be_named_by_names_that_are_looked_up(site, monkeypatch):
    """The Raft thread never asks the resolver, however long that takes, and a name that stands for another address later is followed."""
    asked, resolver = [], socket.getaddrinfo

    def look_up(host, *rest, **more):
        if host == "localhost":
            asked.append(threading.current_thread().name)
            time.sleep(0.3)
        return resolver("127.0.0.1" if host == "localhost" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    first = site.machine(bootstrap=True)
    addresses = [f"localhost:{machine.address.rpartition(':')[2]}" for machine in (first, site.machine(), site.machine())]
    for machine, address in zip(site.machines, addresses, strict=True):
        bind, machine.address = machine.address, address
        machine.said |= {"join_addrs": tuple(addresses), "bind_addr": bind}
    await asyncio.gather(*(machine.start() for machine in site.machines))
    await site.until(lambda: all(len(machine.node.members()) == 3 for machine in site.machines))
    leader = await site.leader()
    await leader.stop()
    await site.leader()
    await leader.start()
    await site.until(lambda: [member.state for member in leader.node.members()] == ["up"] * 3)
    assert asked
    assert "raft" not in asked
