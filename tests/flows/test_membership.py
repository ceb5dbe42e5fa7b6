"""A household makes its cluster by hand: found, hand out a token, join, look, leave, and go on alone after a loss."""

import stat

import pytest

from tests.fixtures.client import problem, until
from tests.fixtures.node import Node
from tests.fixtures.ports import free_address, free_port
from tests.fixtures.trio import command

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
"""Five starts and twenty commands; what they are made of is tried in one process elsewhere."""


def a_machine(place, name, **settings):
    return Node(place / name, {"REVENGE_SERVER_PORT": str(free_port()), "REVENGE_CLUSTER_NODE_ID": name, **settings})


def cluster(node):
    return node.admin.get("/api/v1/admin/cluster")


def test_a_cluster_from_its_first_node_to_its_last(elsewhere, open_dir):
    addresses = {name: free_address() for name in ("one", "two")}
    one = a_machine(open_dir, "one", REVENGE_CLUSTER_RAFT_BIND_ADDR=addresses["one"], **elsewhere)
    two = a_machine(open_dir, "two", REVENGE_CLUSTER_RAFT_BIND_ADDR=addresses["two"])
    try:
        founding(one, addresses)
        token = inviting(one)
        joining(one, two, token, addresses)
        leaving(one, two, addresses)
        rescuing(one, addresses)
    finally:
        for node in (one, two):
            if node.process is not None:
                node.kill()


def founding(one, addresses):
    assert command(one, "status") == (0, "This node is in no cluster.\n")
    status, said = command(one, "init", "--advertise", addresses["one"])
    assert (status, f"founds the cluster, as {addresses['one']}" in said) == (0, True), said
    assert stat.S_IMODE((one.data_dir / "cluster.json").stat().st_mode) == 0o600
    one.start().set_up()
    until(lambda: cluster(one)["role"] == "leader")
    status, said = command(one, "init")
    assert (status, "The node runs" in said) == (1, True), said


def inviting(one):
    status, said = command(one, "token")
    token, *rest = said.splitlines()
    assert (status, len(token)) == (0, 60), said
    assert f"revenge cluster join {one.base_url} --token {token}" in said
    assert "database.url and cache.url name this very machine" in rest[-1]
    by_page = one.admin.post("/api/v1/admin/cluster/token", {"minutes": 1})
    assert by_page["token"] != token
    problem(one.stranger().answer("POST", "/api/v1/admin/cluster/token", {}), 401)
    return token


def joining(one, two, token, addresses):
    forged = token[:17] + "A" * 43
    status, said = command(two, "join", one.base_url, "--token", forged, "--advertise", addresses["two"])
    assert (status, "unknown, used up or expired" in said) == (1, True), said
    assert not (two.data_dir / "cluster.json").exists()
    status, said = command(two, "join", one.base_url, "--token", "-", "--advertise", addresses["two"], said=token)
    assert (status, f"joins the cluster, as {addresses['two']}" in said) == (0, True), said
    status, said = command(two, "join", one.base_url, "--token", token)
    assert (status, "unknown, used up or expired" in said) == (1, True), said
    two.start()
    until(lambda: [node["state"] for node in cluster(one)["nodes"]] == ["up", "up"])
    two.admin = two.signed_in({"access_token": one.admin.token})
    assert two.admin.get("/api/v1/users/me")["username"] == "anna"
    status, said = command(two, "status")
    assert (status, "two is a follower" in said, "one (leads)" in said) == (0, True, True), said
    problem(two.admin.answer("POST", "/api/v1/admin/cluster/init", {}), 409)
    said = problem(one.admin.answer("POST", "/api/v1/admin/cluster/remove", {"node": "two"}), 409)
    assert "let it leave" in said


def leaving(one, two, addresses):
    status, said = command(two, "leave")
    assert (status, "has left its cluster" in said) == (0, True), said
    assert two.process.wait(30) == 0
    two.process = None
    assert [node["node_id"] for node in cluster(one)["nodes"]] == ["one"]
    assert not (two.data_dir / "cluster.json").exists()
    assert [file.name for file in (two.data_dir / "raft").iterdir()] == ["left"]
    problem(one.admin.answer("POST", "/api/v1/admin/cluster/remove", {"node": "two"}), 422)


def rescuing(one, addresses):
    one.stop()
    status, said = command(one, "status")
    assert (status, "The node does not run" in said, f"silent    {addresses['one']}" in said) == (0, True, True), said
    status, said = command(one, "force-single")
    assert (status, "say --yes" in said) == (1, True), said
    status, said = command(one, "force-single", "--yes")
    assert (status, "is a cluster of one now" in said) == (0, True), said
    one.start()
    one.login()
    one.admin = one.login()
    until(lambda: cluster(one)["role"] == "leader")
    status, said = command(one, "leave")
    assert status == 0, said
    assert one.process.wait(30) == 0
    one.process = None
    status, said = command(one, "status")
    assert said == "This node is in no cluster.\n"
