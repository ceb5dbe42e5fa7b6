"""What once went wrong in the simulation, or could have, each played again by hand."""

import pytest

from cluster.raft.follow import news
from tests.cluster.simulation.world import World, patch


@pytest.fixture
def world(monkeypatch):
    made = World(seed=1)
    patch(monkeypatch, made)
    for node in made.nodes.values():
        node.start()
    made.until(made.leaders, 10)
    made.run(1)
    return made


def leader_of(world):
    return world.nodes[world.leaders()[0]]


def others_of(world, node):
    return [other for other in world.nodes.values() if other is not node]


def cut(world, node):
    for other in others_of(world, node):
        world.blocked |= {(node.name, other.name), (other.name, node.name)}


def test_a_cut_off_leader_stops_before_the_others_can_have_elected(world):
    old = leader_of(world)
    cut(world, old)
    moment = world.time
    world.until(lambda: not old.leads(), 2)
    stopped = world.time - moment
    world.until(world.leaders, 10)
    elected = world.time - moment
    assert stopped <= 0.9 < elected <= 3


def test_a_leader_whose_words_arrive_but_who_hears_nobody_stops_too(world):
    old = leader_of(world)
    world.blocked |= {(other.name, old.name) for other in others_of(world, old)}
    world.until(lambda: not old.leads(), 1.0)
    world.until(world.leaders, 10)
    assert world.leaders() != [old.name]


def test_handing_over_to_a_node_that_dies_at_once_leaves_no_leader_without_a_lease(world):
    """The leader had given up its lease, stayed leader all the same, and nobody led for ever."""
    old = leader_of(world)
    target = others_of(world, old)[0]
    with world.running(old):
        old.agent.transferLeadership(target.name)
    target.stop()
    world.until(world.leaders, 10)


def test_the_node_that_may_lead_learns_the_newer_term_of_the_one_that_may_not(world):
    """Two of three nodes: one behind with a newer term refused the other, whose term was older, without telling it."""
    old = leader_of(world)
    behind, ahead = others_of(world, old)
    cut(world, behind)
    world.write(old)
    world.run(0.5)
    old.stop()
    with world.running(behind):
        behind.agent.set_term(behind.agent.term + 3)
    world.blocked.clear()
    world.until(lambda: world.leaders() == [ahead.name], 15)


def test_a_message_that_comes_twice_takes_no_acknowledged_line_away(world):
    """The library cuts its log behind the line a message starts at, and with it what came after."""
    follower = others_of(world, leader_of(world))[0].agent
    _, first, first_term = follower.journal[-2]
    _, last, last_term = follower.journal[-1]
    again = {
        "type": "append_entries",
        "term": follower.term,
        "commit_index": last + 5,
        "prevLogIdx": first,
        "prevLogTerm": first_term,
        "hb": 1.0,
    }
    bare, level = news(follower, {**again, "entries": []})
    assert "prevLogIdx" not in bare
    assert (level, bare["commit_index"]) == (first, first)
    line = (b"\0{}", last + 1, last_term)
    fresh, level = news(follower, {**again, "entries": [tuple(follower.journal[-1]), line]})
    assert fresh["entries"] == [line]
    assert (fresh["prevLogIdx"], level) == (last, None)


def test_the_voice_of_a_node_that_may_have_forgotten_counts_only_with_everybodys(world):
    """It acknowledged a line, lost it, and would elect somebody who never had it."""
    old = leader_of(world)
    keeps, forgets = others_of(world, old)
    forgets.stop()
    keeps.stop()
    log = forgets.disk.files["journal"]
    forgets.disk.files["journal"] = log[:-3]
    forgets.start()
    old.stop()
    world.run(0.1)
    assert not forgets.agent.journal.certain
    keeps.start()
    world.run(8)
    assert not world.leaders()
    old.start()
    world.until(world.leaders, 10)
    world.run(1)
    assert forgets.agent.journal.certain


def test_all_logs_torn_by_one_power_cut_still_make_a_leader(world):
    world.write(leader_of(world))
    world.run(1)
    for node in world.nodes.values():
        node.stop()
        node.disk.files["journal"] += b"\x07\x01\x02"
    for node in world.nodes.values():
        node.start()
    world.settle()


def test_a_node_whose_disk_is_full_keeps_silent_and_comes_back(world):
    old = leader_of(world)
    old.disk.full = True
    world.write(old)
    world.until(lambda: world.leaders() and world.leaders() != [old.name], 10)
    old.disk.full = False
    world.settle()


def test_a_quiet_cluster_writes_nothing(world):
    world.run(10)
    before = [(dict(node.disk.files), len(node.agent.journal)) for node in world.nodes.values()]
    world.run(300)
    assert [(node.disk.files, len(node.agent.journal)) for node in world.nodes.values()] == before


def test_a_node_that_was_away_for_a_snapshot_catches_up(world):
    leader = leader_of(world)
    away = others_of(world, leader)[0]
    away.stop()
    for _ in range(20):
        world.write(leader)
        world.run(0.05)
    leader.agent.forceLogCompaction()
    world.run(1)
    assert leader.agent.journal[0][1] > 10
    world.settle()
