"""A node that dies, or is stopped, in the middle of its work goes on where it was; what it acknowledged is there."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fixtures.client import until
from tests.fixtures.media import tiny_video
from tests.fixtures.node import descendants

FILMS = 1500
"""Enough that a scan of them lasts a few seconds."""
WITHIN = 30
"""Seconds after a start: nobody waits for the leases of what the node was doing when it died, which end after a minute."""


@pytest.fixture
def scanning(a_place, tmp_path):
    """A node in the middle of a scan, the scan, and what it acknowledged before."""
    for n in range(FILMS):
        tiny_video(tmp_path / f"Film {n:04} ({1900 + n % 100})" / f"Film {n:04} ({1900 + n % 100}).mp4")
    node = a_place.start().set_up()
    library = node.admin.library("Films", tmp_path)
    scan = node.admin.start_scan(library["id"])
    until(lambda: node.admin.get(f"/api/v1/scans/{scan['id']}")["done"] >= FILMS // 20, pause=0.01)
    movie = node.admin.movies()[0]
    node.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})
    session = node.admin.play(movie, agent="Chrome/150")
    assert node.admin.get(f"/api/v1/scans/{scan['id']}")["state"] == "running"
    return node, library, scan, movie, session


def goes_on(node, library, scan, movie, session) -> None:
    """Start it again: the scan ends by itself, every film is there once, and nobody has to sign in or begin anew."""
    token = node.admin.token
    node.start()
    node.admin = node.signed_in({"access_token": token})
    ended = node.admin.scan_ended(scan["id"], within=WITHIN)
    assert (ended["state"], ended["found"], ended["done"], ended["failed"]) == ("completed", FILMS, FILMS, 0)
    assert len({film["title"] for film in node.admin.movies()}) == len(node.admin.movies()) == FILMS
    assert node.admin.get(f"/api/v1/movies/{movie['id']}")["progress"]["position_ms"] == 400
    assert [one["item"]["id"] for one in node.admin.get("/api/v1/playback/continue-watching")["items"]] == [movie["id"]]
    assert node.stranger().answer("GET", session["direct_url"]).status_code == 200
    assert node.stranger().answer("GET", session["hls_url"].replace("master.m3u8", "v0/0.m4s")).status_code == 200
    again = node.admin.scan(library["id"])
    assert (again["found"], again["added"], again["changed"]) == (FILMS, 0, 0)
    node.stop()


def test_a_node_that_is_killed_in_the_middle_of_a_scan_completes_it_after_its_next_start(scanning):
    node, *rest = scanning
    family = descendants(node.process.pid)
    node.kill()
    until(lambda: not [pid for pid in family if Path(f"/proc/{pid}").exists()], 20)  # nobody is left behind
    goes_on(node, *rest)


@pytest.mark.long
def test_a_node_and_its_servers_killed_at_once_lose_nothing_that_was_acknowledged(scanning):
    node, *rest = scanning
    family = descendants(node.process.pid)
    node.process.send_signal(signal.SIGSTOP)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    node.kill()
    goes_on(node, *rest)


def test_a_node_that_is_stopped_in_the_middle_of_a_scan_takes_it_up_again(scanning):
    node, *rest = scanning
    node.stop()
    goes_on(node, *rest)
