"""A scan of 2,000 films against one `ffprobe` process per file, both on one core, files in the page cache."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.figures import Figure, middle, spread
from benchmarks.node import Node, scratch
from benchmarks.processes import CORE, cpu, cpu_of_tree, pinned
from tests.fixtures.media import tiny_video

TITLE = "Scan"
PEER = "one `ffprobe -show_format -show_streams` process per file, 50 of the same files one after another, extrapolated"
_FFPROBE = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json"]


def run(*, quick: bool = False) -> list[Figure]:
    files, rounds, sample = (40, 1, 3) if quick else (2000, 3, 50)
    with scratch() as place:
        films = library(place / "films", files)
        rates, per_file, calls, poster_rates, node_cpu = [], [], [], [], []
        for number in range(rounds):
            if shutil.which("ffprobe"):
                per_file.append(probed(films[:: len(films) // sample][:sample]))
            with Node(place / f"data{number}", core=CORE) as node:
                node.settle_in()
                library_id = node.add_library(place / "films")
                before, tree = cpu(node.pid), cpu_of_tree(node.pid)
                seconds, scan = node.scan(library_id)
                if scan["found"] != files or scan["failed"]:
                    raise RuntimeError(f"The scan did not take in everything: {scan}")
                rates.append(files / seconds)
                node_cpu.append(1000 * (cpu(node.pid) - before) / files)
                calls.append(answered(node, 1 if quick else 5))
                poster_rates.append(posters(node, library_id, files, 2 if quick else 20))
                del tree
    return [*_against(rates, per_file), *_apart(node_cpu, calls, poster_rates)]


def _against(rates: list[float], per_file: list[float]) -> list[Figure]:
    ours = f"{spread(rates, 0)} files/s"
    if not per_file:
        print("ffprobe is not here: the comparison with it is left out")
        return [Figure("files per second from the request to `completed`", ours, "", middle(rates), unit="/s")]
    ratio = middle([rate * seconds for rate, seconds in zip(rates, per_file, strict=True)])
    theirs = f"{spread([1 / seconds for seconds in per_file], 1)} files/s"
    return [Figure("files per second from the request to `completed`", ours, theirs, ratio, 40, ">=")]


def _apart(node_cpu: list[float], calls: list[list[float]], rates: list[float]) -> list[Figure]:
    p95 = [sorted(times)[int(len(times) * 0.95)] for times in calls]
    return [
        Figure("CPU of the node's process per file", f"{spread(node_cpu)} ms", "", middle(node_cpu), unit="ms"),
        Figure("a page of 50 films while posters are made after the scan, p95", f"{spread(p95, 1)} ms", "", middle(p95), 100, unit="ms"),
        Figure("posters per second afterwards", f"{spread(rates, 1)}", "", middle(rates), unit="/s"),
    ]


def library(folder: Path, files: int) -> list[Path]:
    """Films of a few kilobytes, each in a folder of its own as most people keep them; every other one Matroska."""
    names = [f"Film Number {number} ({1950 + number % 70})" for number in range(files)]
    return [tiny_video(folder / name / f"{name}{'.mp4' if number % 2 else '.mkv'}") for number, name in enumerate(names)]


def probed(films: list[Path]) -> float:
    """Seconds that a process per file takes, per file."""
    began = time.perf_counter()
    for film in films:
        answer = subprocess.run(pinned([*_FFPROBE, str(film)]), check=True, capture_output=True)
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
