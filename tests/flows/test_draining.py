"""One of two nodes is asked to go: it stays polite to everybody, and sends them to the other."""

import os
import subprocess
import sys

from tests.fixtures.client import until
from tests.fixtures.node import ROOT, Node, running_node
from tests.fixtures.ports import free_port


def test_a_node_that_drains_sends_its_viewers_to_the_other_and_takes_them_again(elsewhere, film_folder):
    with (
        running_node(elsewhere | {"REVENGE_SERVER_PORT": str(free_port())}) as one,
        running_node(elsewhere | {"REVENGE_SERVER_PORT": str(free_port())}) as two,
    ):
        one.set_up()
        one.admin.scan(one.admin.library("Films", film_folder)["id"])
        other = two.login()
        film = one.admin.movies()[0]
        session = until(lambda: (began := one.admin.play(film))["alternates"] == [two.base_url] and began)
        state = one.admin.get("/api/v1/admin/cluster")
        stream = session["hls_url"]
        assert one.stranger().answer("GET", stream).status_code == 200

        one.admin.post("/api/v1/admin/cluster/drain", {"node_id": state["node_id"]})
        ready = one.stranger().answer("GET", "/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert one.admin.get("/api/v1/admin/cluster")["nodes"][0]["state"] == "draining"
        moved = one.stranger().answer("GET", stream)
        assert (moved.status_code, moved.json()["code"], moved.headers["Retry-After"]) == (503, "draining", "1")
        assert two.stranger().answer("GET", stream).status_code == 200
        until(lambda: other.play(film)["alternates"] == [])
        assert one.admin.movies()

        one.admin.post("/api/v1/admin/cluster/drain", {"node_id": state["node_id"], "draining": False})
        assert one.stranger().answer("GET", "/health/ready").status_code == 200
        assert one.stranger().answer("GET", stream).status_code == 200
        assert one.admin.answer("POST", "/api/v1/admin/cluster/drain", {"node_id": "nobody"}).status_code == 404


def said(node: Node, *words: str) -> tuple[int, str]:
    """Say something to a node by the command of its own machine."""
    command = [sys.executable, "-m", "revenge", "drain", *words]
    environ = os.environ | {"REVENGE_DATA_DIR": str(node.data_dir)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_it_is_drained_by_a_command_which_waits_for_what_runs(a_place):
    assert "No node runs" in said(a_place)[1]
    a_place.start()
    status, words = said(a_place, "--wait", "20")
    assert (status, words.splitlines()[-1]) == (0, "Nothing runs here any more: the node can be stopped.")
    assert a_place.stranger().answer("GET", "/health/ready").json()["status"] == "draining"
    assert said(a_place, "--back") == (0, "The node takes part again.\n")
    assert a_place.stranger().answer("GET", "/health/ready").status_code == 200
    a_place.stop()
