"""A scan of 2,000 films against one `ffprobe` process per file, files in the page cache, on all cores and on one."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from msgspec import Struct

from benchmarks.figures import Figure, middle, spread
from benchmarks.node import Node, scratch
from benchmarks.processes import CORE, cpu, pinned
from tests.fixtures.media import tiny_video

TITLE = "Scan"
PEER = "one `ffprobe -show_format -show_streams` process per file, 50 of the same files one after another, extrapolated"
_FFPROBE = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json"]


class Seen(Struct):
    """What one scan of a fresh node showed."""

    rate: float
    """Files per second from the request to `completed`."""
    cpu: float
    """Milliseconds of the node's process per file."""
    during: list[float]
    """Milliseconds that each question about the scan took while it ran."""
    after: list[float]
    """Milliseconds that pages of films took while posters were made."""
    posters: float
    """Per second."""


def run(*, quick: bool = False) -> list[Figure]:
    files, rounds, sample = (40, 1, 3) if quick else (2000, 3, 50)
    everywhere, on_one, per_file, per_file_on_one = [], [], [], []
    with scratch() as place:
        films = library(place / "films", files)
        library(place / "first", 8)
        for number in range(rounds):
            for core, seen, peer in ((None, everywhere, per_file), (CORE, on_one, per_file_on_one)):
                if shutil.which("ffprobe"):
                    peer.append(probed(films[:: len(films) // sample][:sample], core))
                seen.append(scanned(place, f"data{number}{core is None:d}", core, files, 1 if quick else 5))
    return [
        _against("all cores for the node, one process at a time for ffprobe", everywhere, per_file),
        _against("one core for all", on_one, per_file_on_one),
        *_apart(everywhere),
    ]


def scanned(place: Path, name: str, core: int | None, files: int, seconds: float) -> Seen:
    """Scan on a fresh node that has scanned a handful of files before, so that its children have started."""
    with Node(place / name, core=core) as node:
        node.settle_in()
        node.scan(node.add_library(place / "first"))
        library_id = node.add_library(place / "films")
        before, during = cpu(node.pid), []
        took, scan = node.scan(library_id, told=during)
        if scan["found"] != files or scan["failed"]:
            raise RuntimeError(f"The scan did not take in everything: {scan}")
        cost = 1000 * (cpu(node.pid) - before) / files
        return Seen(files / took, cost, during, answered(node, seconds), posters(node, library_id, files, seconds))


def _against(how: str, seen: list[Seen], per_file: list[float]) -> Figure:
    what, rates = f"files per second from the request to `completed`: {how}", [one.rate for one in seen]
    if not per_file:
        print("ffprobe is not here: the comparison with it is left out")
        return Figure(what, f"{spread(rates, 0)} /s", "", middle(rates), unit="/s")
    ratio = middle([rate * seconds for rate, seconds in zip(rates, per_file, strict=True)])
    return Figure(what, f"{spread(rates, 0)} /s", f"{spread([1 / seconds for seconds in per_file], 1)} /s", ratio, 40, ">=")


def _apart(seen: list[Seen]) -> list[Figure]:
    during, after = ([late(times(one)) for one in seen] for times in (lambda one: one.during, lambda one: one.after))
    costs, posters = [one.cpu for one in seen], [one.posters for one in seen]
    return [
        Figure("CPU of the node's process per file", f"{spread(costs)} ms", "", middle(costs), unit="ms"),
        Figure("asking how the scan stands while it runs, p95", f"{spread(during, 1)} ms", "", middle(during), 100, unit="ms"),
        Figure("a page of 50 films while posters are made after it, p95", f"{spread(after, 1)} ms", "", middle(after), 100, unit="ms"),
        Figure("posters made per second then", f"{spread(posters, 1)} /s", "", middle(posters), unit="/s"),
    ]


def late(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def library(folder: Path, files: int) -> list[Path]:
    """Films of a few kilobytes, each in a folder of its own as most people keep them; every other one Matroska."""
    names = [f"Film Number {number} ({1950 + number % 70})" for number in range(files)]
    return [tiny_video(folder / name / f"{name}{'.mp4' if number % 2 else '.mkv'}") for number, name in enumerate(names)]


def probed(films: list[Path], core: int | None) -> float:
    """Seconds that a process per file takes, per file."""
    began = time.perf_counter()
    for film in films:
        answer = subprocess.run(pinned([*_FFPROBE, str(film)], core), check=True, capture_output=True)
        if len(json.loads(answer.stdout)["streams"]) != 2:
            raise RuntimeError(f"ffprobe sees no film in {film}")
    return (time.perf_counter() - began) / len(films)


def answered(node: Node, seconds: float) -> list[float]:
    """How long a page of films took to come, in milliseconds, again and again."""
    times, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        node.ask("GET", "/api/v1/movies?limit=50")
        times.append(1000 * (time.perf_counter() - began))
        time.sleep(0.02)
    return times


def posters(node: Node, library_id: str, files: int, seconds: float) -> float:
    """How many posters are made per second, by how many films have one."""
    before = with_poster(node)
    began = time.monotonic()
    while time.monotonic() - began < seconds and (after := with_poster(node)) < files:
        time.sleep(0.2)
    return (after - before) / (time.monotonic() - began)


def with_poster(node: Node) -> int:
    count, cursor = 0, ""
    while True:
        page = node.ask("GET", f"/api/v1/movies?limit=200{cursor}")
        count += sum("poster" in film and film["poster"] is not None for film in page["items"])
        if page["next"] is None:
            return count
        cursor = f"&cursor={page['next']}"
