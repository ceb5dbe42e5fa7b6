"""Three nodes of one household: they find each other by a secret, and each of them is as good as any other."""

import asyncio
import os
import shutil
import subprocess
from itertools import count
from urllib.parse import urljoin

import httpx
import m3u8
import pytest

from tests.fixtures.client import CHROMIUM, problem, until
from tests.fixtures.database import TEMPLATE, named, run_on
from tests.fixtures.media import Film, Sound, make_film
from tests.fixtures.node import PASSWORD, ROOT
from tests.fixtures.people import SECRET
from tests.fixtures.ports import free_address
from tests.fixtures.trio import running_trio

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


@pytest.fixture(scope="module")
def films(trio, tmp_path_factory):
    """Two films, one whose picture is copied and one whose picture is encoded, found through the second node; their ids by title."""
    folder = tmp_path_factory.mktemp("films")
    make_film(folder / "Copied (2001).mkv", Film(seconds=24, sounds=(Sound("ac3"),)))
    make_film(folder / "Encoded (2001).mkv", Film(seconds=24, codec="mpeg2video", options={}, sounds=(Sound("ac3"),)))
    two = same(trio, trio.nodes[1])
    assert two.scan(two.library("Films", folder)["id"])["added"] == 2
    return {film["title"]: film for film in two.movies()}


def same(trio, node):
    """The admin, who signed in at the first node, at this one."""
    return node.signed_in({"access_token": trio.nodes[0].admin.token})


def everywhere(trio):
    return [same(trio, node) for node in trio.nodes]


def test_every_node_is_the_same_server(trio):
    assert len({(state["server_id"], state["cluster_id"]) for state in states(trio).values()}) == 1


def test_who_signs_in_at_one_node_is_signed_in_at_all_and_who_is_signed_out_at_one_at_none(trio):
    one, two, three = trio.nodes
    session = one.login("anna").tokens
    there = two.signed_in(session)
    assert there.get("/api/v1/users/me")["username"] == "anna"
    renewed = three.stranger().post("/api/v1/auth/refresh", {"refresh_token": session["refresh_token"]})
    assert two.signed_in(renewed).get("/api/v1/users/me")["username"] == "anna"
    assert one.signed_in(renewed).answer("POST", "/api/v1/auth/logout", {}).status_code == 204
    for node in (one, two, three):
        until(lambda node=node: node.signed_in(renewed).answer("GET", "/api/v1/users/me").status_code == 401, 5, 0.02)
    problem(three.stranger().answer("POST", "/api/v1/auth/refresh", {"refresh_token": renewed["refresh_token"]}), 401)


def test_what_is_made_at_one_node_is_there_at_every_other(trio, films):
    shown = [client.movies() for client in everywhere(trio)]
    assert [[film["id"] for film in list_] for list_ in shown] == [[film["id"] for film in shown[0]]] * 3
    film = films["Copied"]
    clients = everywhere(trio)
    clients[0].put(f"/api/v1/movies/{film['id']}/progress", {"position_ms": 4000})
    for client in clients:
        until(lambda client=client: client.get(f"/api/v1/movies/{film['id']}")["progress"]["position_ms"] == 4000, 5)
    clients[2].delete(f"/api/v1/movies/{film['id']}/progress")


def test_what_happens_at_one_node_is_heard_at_every_other(trio, films):
    one, two, three = everywhere(trio)
    library = one.get("/api/v1/libraries")["items"][0]["id"]
    with two.events() as here, three.events() as there:
        scan = one.scan(library)
        for heard in (here, there):
            assert any(topic == "scan.progress" and data.get("scan_id", data.get("id")) == scan["id"] for _, topic, data in heard)


@pytest.mark.parametrize("title", ["Copied", "Encoded"])
def test_a_stream_goes_on_at_another_node_with_the_same_playlist_and_nothing_before_it_made_again(trio, films, title):
    _, two, three = trio.nodes
    session = everywhere(trio)[0].play(films[title], agent=CHROMIUM)
    assert sorted(session["alternates"]) == sorted([two.base_url, three.base_url])
    players = [node.stranger(CHROMIUM) for node in trio.nodes]
    master = [player.answer("GET", session["hls_url"]).text for player in players]
    assert len(set(master)) == 1
    address = urljoin(session["hls_url"], m3u8.loads(master[0]).playlists[0].uri)
    texts = [player.answer("GET", address).text for player in players]
    assert len(set(texts)) == 1
    parts = [urljoin(address, segment.uri) for segment in m3u8.loads(texts[0]).segments]
    assert len(parts) >= 4
    before = made(two)
    seen = [players[0].answer("GET", part).content for part in parts[:3]]
    seen += [players[1].answer("GET", part).content for part in parts[2:]]
    assert when(seen[2]) == when(seen[3])  # the one that was under way is made again, and fits
    assert title == "Encoded" or seen[2] == seen[3]
    assert len(made(two) - before) <= len(parts) - 2
    assert when(players[2].answer("GET", parts[0]).content) == when(seen[0])
    reported = players[1].answer("POST", f"/media/{ticket(session)}/progress", {"position_ms": 9000, "state": "playing"})
    assert reported.status_code == 204, reported.text
    playing = {view["id"]: view for view in everywhere(trio)[2].get("/api/v1/playback/sessions")["items"]}
    assert playing[session["id"]]["position_ms"] == 9000
    everywhere(trio)[2].delete(f"/api/v1/playback/sessions/{session['id']}")
    for player in players:
        until(lambda player=player: player.answer("GET", session["hls_url"]).status_code == 401, 5)


def made(node):
    """The segments a node has on its disk."""
    return set((node.data_dir / "segments").rglob("*.m4s"))


def when(segment):
    """Where a segment begins and how many pictures it has: the boxes `tfdt` (version 1) and `trun`."""
    start, run = segment.index(b"tfdt"), segment.index(b"trun")
    return int.from_bytes(segment[start + 8 : start + 16], "big"), int.from_bytes(segment[run + 8 : run + 12], "big")


def ticket(session):
    return session["hls_url"].split("/")[2]


def test_who_tries_tokens_at_the_door_for_guests_learns_nothing_and_is_soon_slowed_down(trio):
    three = trio.nodes[2].stranger()
    guest = {"id": "0" * 16, "hello": "AAAA", "version": "0.1.0", "protocol": 1}
    said = {problem(three.answer("POST", "/api/v1/cluster/join", guest), 403) for _ in range(5)}
    assert said == {"This join token is unknown, used up or expired: `revenge cluster token` makes another."}
    problem(three.answer("POST", "/api/v1/cluster/join", {"id": "x"}), 422)
    until(lambda: three.answer("POST", "/api/v1/cluster/join", guest).status_code == 429)


@pytest.fixture
def balanced(trio, tmp_path):
    """HAProxy before the three nodes, by the example that is shipped: its address."""
    program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("haproxy is not on this machine")
    example, door = (ROOT / "packaging" / "balance" / "haproxy.cfg").read_text(), free_address()
    for number, node in enumerate(trio.nodes):
        example = example.replace(f"192.168.1.{10 + number}:8080", node.base_url.removeprefix("http://"))
    (tmp_path / "haproxy.cfg").write_text(example.replace("bind :80", f"bind {door}").replace("leastconn", "roundrobin"))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([program, "-db", "-f", tmp_path / "haproxy.cfg"], stdout=log, stderr=log)
    try:
        client = trio.nodes[0].stranger(CHROMIUM)
        until(lambda: _answers(client, f"http://{door}/health/ready"))
        yield f"http://{door}"
    finally:
        process.terminate()
        process.wait(10)


def _answers(client, url):
    try:
        return client.http.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_behind_a_balancer_every_request_may_go_to_another_node(trio, films, balanced):
    with httpx.Client(base_url=balanced, timeout=60, headers={"User-Agent": CHROMIUM}) as client:
        tokens = client.post("/api/v1/auth/login", json={"username": "anna", "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        asked = {client.get("/api/v1/admin/cluster").json()["node_id"] for _ in range(6)}
        assert sorted(asked) == NAMES
        body = {"item": {"kind": "movie", "id": films["Encoded"]["id"]}}
        session = client.post("/api/v1/playback/sessions", json=body).json()
        address = urljoin(session["hls_url"], m3u8.loads(client.get(session["hls_url"]).text).playlists[0].uri)
        parts = [urljoin(address, segment.uri) for segment in m3u8.loads(client.get(address).text).segments]
        assert [client.get(part).status_code for part in parts] == [200] * len(parts)
        assert client.delete(f"/api/v1/playback/sessions/{session['id']}").status_code == 204


def test_a_picture_that_one_node_made_is_shown_by_all(trio, films):
    poster = until(lambda: everywhere(trio)[0].get(f"/api/v1/movies/{films['Copied']['id']}")["poster"])
    for node in trio.nodes:
        picture = node.stranger().answer("GET", poster["url"])
        assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")


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


def test_a_node_without_the_others_shows_and_plays_and_refuses_the_rest_until_they_are_back(trio, films):
    one, *others = trio.nodes
    for node in others:
        node.kill()
    until(lambda: not states(trio)["one"]["has_quorum"], 20)
    admin, film = same(trio, one), films["Copied"]  # whoever killed the node before has closed its own programs

    def refused():
        return admin.answer("PATCH", f"/api/v1/movies/{film['id']}", {"overview": "Mine"})

    until(lambda: refused().status_code == 503, 20)
    answer = refused()
    problem(answer, 503, "read_only_minority")
    assert answer.headers["Retry-After"] == "2"
    assert admin.answer("GET", "/health/ready").status_code == 200
    assert states(trio)["one"]["leader"] is None
    page = admin.answer("GET", "/movies", headers={"Accept": "text/html"}).text
    assert "does not see enough of the others" in page
    assert "Copied" in page

    session = one.login().play(film, agent=CHROMIUM)
    assert one.stranger().answer("GET", session["hls_url"]).status_code == 200
    told = one.stranger().answer("POST", session["progress_url"], {"position_ms": 3000, "state": "playing"})
    assert told.status_code == 204
    renewed = one.stranger().post("/api/v1/auth/refresh", {"refresh_token": one.login().tokens["refresh_token"]})
    assert one.signed_in(renewed).answer("POST", "/api/v1/auth/logout", {}).status_code == 204

    for node in others:
        node.spawn()
    until(lambda: refused().status_code == 200, 60)
    for node in others:
        until(node._url, 60)
    until(lambda: len(states(trio)) == 3 and len({state["leader"] for state in states(trio).values()} - {None}) == 1, 20)
