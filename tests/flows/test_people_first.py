"""A whole node on a line of 100 Mbit/s: two people watch, eight programs fetch ahead, a library is scanned, pages are looked at."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.client import until
from tests.fixtures.crowd import Page, Reader, Wish, crowd, get
from tests.fixtures.media import tiny_video
from tests.fixtures.node import Node, running_node

pytestmark = pytest.mark.servers

MBIT = 1_000_000 / 8
_SETTINGS = "server: {{trusted_proxies: [127.0.0.1], {}}}"
_PLAYER = {"containers": ["mp4"], "video_codecs": ["h264"], "audio_codecs": ["aac"]}


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Iterator[Node]:
    """A node whose settings lie in a file, with one large film."""
    folder: Path = tmp_path_factory.mktemp("large")
    folder.chmod(0o755)
    film = tiny_video(folder / "films" / "Large (2001)" / "Large (2001).mp4")
    with film.open("ab") as file:
        file.write((1 << 30).to_bytes(4, "big") + b"free")
        os.truncate(film, file.tell() - 8 + (1 << 30))
    settings = folder / "config.yaml"
    settings.write_text(_SETTINGS.format("bandwidth: 100Mbps"))
    with running_node({"REVENGE_CONFIG": str(settings)}, folder) as node:
        node.set_up()
        scanned(node, folder / "films")
        yield node


def scanned(node: Node, films: Path, *, wait: bool = True) -> None:
    library = node.admin.post("/api/v1/libraries", {"name": films.name, "kind": "movie", "paths": [str(films)]})["id"]
    scan = node.admin.post(f"/api/v1/libraries/{library}/scan")["id"]
    if wait:
        until(lambda: node.admin.get(f"/api/v1/scans/{scan}")["state"] == "completed", 60)


def film_of(node: Node) -> tuple[str, str]:
    """The large film's id and its file's."""
    movie = next(card["id"] for card in node.admin.get("/api/v1/movies")["items"] if card["title"] == "Large")
    return movie, node.admin.get(f"/api/v1/movies/{movie}")["files"][0]["id"]


def watched(node: Node) -> str | None:
    """The node's metrics, once two streams are open."""
    metrics: str = node.admin.answer("GET", "/metrics").text
    return metrics if 'streams_open{qos="stream"} 2.0' in metrics else None


def test_who_watches_has_all_they_need_and_the_background_what_is_left(node, film_folder):
    movie, file = film_of(node)
    bearer = f"Authorization: Bearer {node.admin.token}"
    addresses = [
        node.admin.post("/api/v1/playback/sessions", {"item": {"kind": "movie", "id": movie}, "client": _PLAYER})["direct_url"]
        for _ in range(2)
    ]
    streams = [Reader(get(address), 8 * MBIT, begin=2.5, end=7.5) for address in addresses]
    greedy = [Reader(get(f"/api/v1/files/{file}/sync", bearer)) for _ in range(8)]
    pages = [Page(get("/api/v1/movies?limit=50", bearer), 50)]
    port = int(node.base_url.rpartition(":")[2])
    with crowd(Wish(port, 11, [*streams, *greedy], pages)) as people:
        people.start()
        scanned(node, film_folder, wait=False)
        metrics = until(lambda: watched(node), 10)
        seen = people.seen()
    assert 'http_streams_open{qos="background"} 8.0' in metrics
    assert seen.rates(range(2, 10), 1.0, 2.5) > 60 * MBIT  # nobody watches yet
    for stream in (0, 1):
        assert seen.rate(stream, 3.5, 7.5) >= 0.95 * 8 * MBIT
        assert seen.stalls[stream] == 0
    assert seen.rates(range(2, 10), 4.5, 7.5) <= 8 * MBIT
    assert seen.rates(range(2, 10), 10.0, 11.0) > 60 * MBIT
    assert len(seen.pages) > 500


def test_limits_that_are_changed_in_the_file_hold_while_the_node_runs_the_uplinks_for_who_is_far_away(node):
    file = film_of(node)[1]
    bearer = f"Authorization: Bearer {node.admin.token}"
    port = int(node.base_url.rpartition(":")[2])
    near, far = (Reader(get(f"/api/v1/files/{file}/download", bearer, *more)) for more in ((), ("X-Forwarded-For: 8.8.8.8",)))
    with crowd(Wish(port, 6, [near, far])) as people:
        (node.folder / "config.yaml").write_text(_SETTINGS.format("bandwidth: 20Mbps, uplink: 4Mbps"))
        people.start()
        seen = people.seen()
    assert seen.rate(0, 4.5, 6) == pytest.approx(16 * MBIT, rel=0.25)
    assert seen.rate(1, 4.5, 6) == pytest.approx(4 * MBIT, rel=0.25)
