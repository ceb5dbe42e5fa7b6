"""Three nodes of one household: they find each other by a secret, and each of them is as good as any other."""

import asyncio
from itertools import count

import pytest

from tests.fixtures.client import until
from tests.fixtures.database import TEMPLATE, named, run_on
from tests.fixtures.people import SECRET
from tests.fixtures.trio import CLUSTER_SECRET, running_trio

REFUSED = 78
NAMES = ["one", "three", "two"]
_numbers = count(1)


@pytest.fixture(scope="module")
def shared(template, store_server):
    """Settings of nodes on one database and one store."""
    name = f"c{next(_numbers)}"
    asyncio.run(run_on(template, f"create database {name} template {TEMPLATE}"))
    yield {
        "REVENGE_DATABASE_URL": named(template, name),
        "REVENGE_CACHE_URL": store_server,
        "REVENGE_AUTH_JWT_SECRET": SECRET,
        "REVENGE_ENCRYPTION_KEY": "ab" * 32,
    }
    asyncio.run(run_on(template, f"drop database {name} with (force)"))


@pytest.fixture(scope="module")
def trio(shared):
    """A cluster of three, with its admin made at the first."""
    with running_trio(shared) as trio:
        trio.nodes[0].set_up()
        yield trio


def states(trio):
    """What each running node shows of the cluster, by its name."""
    return {state["node_id"]: state for state in (trio.state(node, trio.nodes[0]) for node in trio.running())}


def test_three_nodes_started_at_once_are_one_cluster_and_every_one_of_them_says_so(trio):
    until(lambda: all([node["state"] for node in state["nodes"]] == ["up"] * 3 for state in states(trio).values()))
    told = states(trio)
    assert sorted(told) == NAMES
    (leader,) = {state["leader"] for state in told.values()}
    assert {name: state["role"] for name, state in told.items()} == {name: "leader" if name == leader else "follower" for name in NAMES}
    assert len({state["term"] for state in told.values()}) == 1
    for state in told.values():
        assert state["has_quorum"]
        where = {node["node_id"]: (node["raft_address"], node["http_address"]) for node in state["nodes"]}
        assert where == {node.settings["REVENGE_CLUSTER_NODE_ID"]: (trio.addresses[name], node.base_url) for name, node in by_name(trio)}


def by_name(trio):
    return [(node.settings["REVENGE_CLUSTER_NODE_ID"], node) for node in trio.nodes]


def test_when_the_leader_dies_another_leads_and_the_old_one_comes_back(trio):
    name = states(trio)["one"]["leader"]
    before = states(trio)[name]["term"]
    trio.named(name).kill()
    until(lambda: all(state["leader"] not in {None, name} for state in states(trio).values()), 20)
    assert min(state["term"] for state in states(trio).values()) > before
    until(lambda: all({n["node_id"]: n["state"] for n in state["nodes"]}[name] == "down" for state in states(trio).values()), 10)
    trio.named(name).start()
    until(lambda: len({state["leader"] for state in states(trio).values()}) == 1 and len(states(trio)) == 3, 20)
    until(lambda: all([n["state"] for n in state["nodes"]] == ["up"] * 3 for state in states(trio).values()), 20)


def test_a_node_of_no_cluster_is_kept_off_the_clusters_database(trio, shared, a_place):
    a_place.settings = shared
    status, said = a_place.refused()
    assert (status, "The database belongs to a cluster" in said.splitlines()[-1]) == (REFUSED, True), said


def test_a_second_cluster_is_kept_off_it_too(trio, shared, a_place):
    a_place.settings = shared | trio.settings("one") | {"REVENGE_CLUSTER_RAFT_JOIN_ADDRS": "", "REVENGE_CLUSTER_SECRET": "x" * 32}
    a_place.settings["REVENGE_CLUSTER_RAFT_BIND_ADDR"] = "127.0.0.1:1"
    status, said = a_place.refused()
    assert (status, "belongs to a cluster already" in said.splitlines()[-1]) == (REFUSED, True), said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "cluster.enabled needs cluster.secret"),
        ({"REVENGE_CLUSTER_SECRET": CLUSTER_SECRET}, "cluster.enabled needs cluster.raft.advertise_addr"),
    ],
)
def test_what_a_cluster_needs_is_asked_for_in_a_sentence(elsewhere, a_place, settings, words):
    a_place.settings = elsewhere | {"REVENGE_CLUSTER_ENABLED": "true"} | settings
    status, said = a_place.refused()
    assert (status, words in said.splitlines()[-1]) == (REFUSED, True), said
