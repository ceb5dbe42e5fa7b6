"""How quickly a node starts, what it holds in memory, and what it costs while nobody asks for anything."""

import time
from pathlib import Path

from benchmarks.figures import Figure, middle, spread
from benchmarks.node import Node, scratch
from benchmarks.processes import cpu, cpu_of_tree, name, pss, tree
from benchmarks.scan import library
from tests.fixtures.media import HEVC, make_film

TITLE = "Start, memory, rest"
PEER = "none: limits of the product (`revenge serve`, embedded PostgreSQL and store, all cores)"
_MIB = 1 << 20
_CAREFUL = {"containers": ["mp4"], "video_codecs": ["h264"], "audio_codecs": ["aac"]}


def run(*, quick: bool = False) -> list[Figure]:
    rounds, rest, films = (1, 1.0, 10) if quick else (3, 60.0, 2000)
    first, warm = [], []
    with scratch() as place:
        for number in range(rounds):
            with Node(place / f"data{number}") as node:
                first.append(node.start_seconds)
        for number in range(rounds):
            with Node(place / f"data{number}") as node:
                warm.append(node.start_seconds)
        with Node(place / "data0") as node:
            time.sleep(rest / 6)  # what a start leaves to do
            own, whole = resting(node, rest)
            rested = memory(node)
            seconds = worked(node, place, films)
            loaded = memory(node)
    return [
        Figure("first start, to `/health/ready`", f"{spread(first)} s", "", middle(first), 20, unit="s"),
        Figure("start on warm data, to `/health/ready`", f"{spread(warm)} s", "", middle(warm), 5, unit="s"),
        Figure(f"memory of the node (PSS) after {rest:.0f} s of rest", told(rested), "", rested["node"], 200, unit="MiB"),
        Figure("memory of all its processes (PSS) then", told(rested), "", sum(rested.values()), 400, unit="MiB"),
        Figure(
            f"CPU of all its processes over {rest:.0f} s of rest, of a core", f"the node alone {own:.2%}", "", 100 * whole, 1.0, unit="%"
        ),
        Figure(f"memory of the node after a scan of {films} films and a transcode", told(loaded), "", loaded["node"], unit="MiB"),
        Figure("memory of all its processes then", f"{seconds:.1f} s to the first segment", "", sum(loaded.values()), unit="MiB"),
    ]


def resting(node: Node, seconds: float) -> tuple[float, float]:
    """Shares of a core that the node and all its processes take while nobody asks for anything."""
    began, before, whole = time.monotonic(), cpu(node.pid), cpu_of_tree(node.pid)
    time.sleep(seconds)
    passed = time.monotonic() - began
    return (cpu(node.pid) - before) / passed, (cpu_of_tree(node.pid) - whole) / passed


def memory(node: Node) -> dict[str, float]:
    """MiB by kind of process."""
    parts: dict[str, float] = {}
    for pid in tree(node.pid):
        if held := pss(pid):
            kind = "node" if pid == node.pid else {"python": "children"}.get(name(pid), name(pid))
            parts[kind] = parts.get(kind, 0) + held / _MIB
    return parts


def told(parts: dict[str, float]) -> str:
    return ", ".join(f"{kind} {held:.0f}" for kind, held in sorted(parts.items(), key=lambda part: -part[1]))


def worked(node: Node, place: Path, films: int) -> float:
    """Scan the films and have one transcoded; returns the seconds from asking for the film to its first segment."""
    library(place / "films", films)
    folder = place / "other" / "Heavy (2001)"
    folder.mkdir(parents=True)
    make_film(folder / "Heavy (2001).mkv", HEVC)
    node.settle_in()
    node.scan(node.add_library(place / "films"))
    heavy = node.add_library(place / "other")
    node.scan(heavy)
    movie = node.ask("GET", f"/api/v1/movies?library={heavy}")["items"][0]["id"]
    began = time.monotonic()
    session = node.ask("POST", "/api/v1/playback/sessions", {"item": {"kind": "movie", "id": movie}, "client": _CAREFUL})
    if session["method"] != "transcode":
        raise RuntimeError(f"The film was to be transcoded: {session['reasons']}")
    base = session["hls_url"].rpartition("/")[0]
    rendition = next(line for line in node.ask("GET", session["hls_url"]).decode().splitlines() if line and not line.startswith("#"))
    playlist = node.ask("GET", f"{base}/{rendition}").decode().splitlines()
    segment = next(line for line in playlist if line and not line.startswith("#"))
    node.ask("GET", f"{base}/{rendition.rpartition('/')[0]}/{segment}")
    return time.monotonic() - began
