"""Direct play against nginx: the same file, the same ranges, one core for server and client, the server's own processor time."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.drive import Run, begin, drive, get, ranges
from benchmarks.figures import Figure, middle, spread
from benchmarks.node import WATCHED, Node, scratch
from benchmarks.processes import CORE, cpu
from tests.fixtures.media import tiny_video
from tests.fixtures.ports import free_port

TITLE = "Direct play"
PEER = "nginx, `sendfile on`, one process"
GOALS = {1: (1.0, 0.9), 20: (1.2, 0.85), 200: (2.0, 0.8)}
_PACED = 12_500_000
"""Bytes per second of a paced stream: 100 Mbit/s."""
PLAYER = {"containers": ["mp4"], "video_codecs": ["h264"], "audio_codecs": ["aac"]}


def run(*, quick: bool = False) -> list[Figure]:
    size, rounds, seconds = (64 << 20, 1, 1) if quick else (1 << 30, 5, 5)
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    with scratch() as place, Node(place / "data", WATCHED, CORE) as node:
        film = big_film(place / "films" / "Large (2001)" / "Large (2001).mp4", size)
        url = playable(node, place / "films")
        figures = []
        if nginx is None:
            print("nginx is not here: the comparison with it is left out")
        else:
            with serving(nginx, place, film) as (pid, port):
                for readers in GOALS:
                    figures += compared(node, url, pid, port, readers, film.stat().st_size, rounds)
        return [*figures, lateness(node, url, film.stat().st_size, rounds), pacing(node, film, rounds, seconds)]


def compared(node: Node, url: str, pid: int, port: int, readers: int, size: int, rounds: int) -> list[Figure]:
    """The two servers in turn, so that what disturbs one disturbs the other."""
    ours: list[Run] = []
    theirs: list[Run] = []
    for _ in range(rounds + 1):
        ours.append(downloaded(node.pid, node.port, url, ranges(size, readers)))
        theirs.append(downloaded(pid, port, "/film.mp4", ranges(size, readers)))
    del ours[0], theirs[0]  # the first round warms caches and buffers
    cost, speed = GOALS[readers]
    people = "1 reader" if readers == 1 else f"{readers} readers"
    by_cpu = [mine.cpu_per_gb / other.cpu_per_gb for mine, other in zip(ours, theirs, strict=True)]
    by_rate = [mine.rate / other.rate for mine, other in zip(ours, theirs, strict=True)]
    return [
        Figure(
            f"CPU per GB, {people}",
            f"{spread([one.cpu_per_gb for one in ours], 3)} s",
            f"{spread([one.cpu_per_gb for one in theirs], 3)} s",
            middle(by_cpu),
            cost,
        ),
        Figure(
            f"throughput, {people}",
            f"{spread([one.rate for one in ours])} GB/s",
            f"{spread([one.rate for one in theirs])} GB/s",
            middle(by_rate),
            speed,
            ">=",
        ),
    ]


def downloaded(pid: int, port: int, path: str, headers: Any) -> Run:
    return drive(pid, CORE, kind="download", port=port, requests=[get(path, port, header) for header in headers])


def lateness(node: Node, url: str, size: int, rounds: int) -> Figure:
    """How late timers of the node were while four readers took all they could."""
    longest, usual = [], []
    for _ in range(rounds):
        requests = [get(url, node.port, header) for header in ranges(size, 4)]
        with begin(CORE, kind="download", port=node.port, requests=requests) as client:
            node.ask("GET", "/benchmarks/watch")
            client.work()
            seen = node.ask("GET", "/benchmarks/lateness")
        longest.append(seen["longest"])
        usual.append(seen["p99"])
    told = f"longest {spread(longest, 1)} ms, p99 {spread(usual, 1)} ms"
    return Figure("lateness of the loop, 4 readers at full speed, cached", told, "", middle(longest), 10, unit="ms")


def pacing(node: Node, film: Path, rounds: int, seconds: int) -> Figure:
    """Ten streams at 100 Mbit/s each, against the same bytes unlimited. What the node costs while it does nothing is taken off both."""
    paced, free = [], []
    idle = resting(node, 0.5 if seconds == 1 else 5.0)
    for _ in range(rounds):
        for pace, runs in ((f"&pacing={_PACED}", paced), ("", free)):
            path = f"/benchmarks/file?path={film}{pace}".replace(" ", "%20")
            requests = [
                get(path, node.port, f"Range: bytes=0-{_PACED * seconds - 1}", f"Authorization: Bearer {node.token}") for _ in range(10)
            ]
            run = drive(node.pid, CORE, kind="download", port=node.port, requests=requests)
            runs.append(Run(run.cpu - idle * run.seen["seconds"], run.seen))
    ratio = middle([limited.cpu_per_gb / full.cpu_per_gb for limited, full in zip(paced, free, strict=True)])
    took = spread([one.seen["seconds"] for one in paced])
    ours = f"{spread([one.cpu_per_gb for one in paced], 3)} s ({took} s for {seconds} s of bytes)"
    theirs = f"{spread([one.cpu_per_gb for one in free], 3)} s, unlimited"
    return Figure("CPU per GB of 10 streams at 100 Mbit/s each", ours, theirs, ratio, 1.2)


def resting(node: Node, seconds: float) -> float:
    """The share of a core that the node takes while nobody asks for anything."""
    before = cpu(node.pid)
    time.sleep(seconds)
    return (cpu(node.pid) - before) / seconds


def big_film(path: Path, size: int) -> Path:
    """A film that plays for a second and has a free box as large as is wanted behind it."""
    tiny_video(path)
    with path.open("ab") as file:
        file.write((size + 8).to_bytes(4, "big") + b"free")
        block = os.urandom(1 << 20)
        for _ in range(size >> 20):
            file.write(block)
    return path


def playable(node: Node, films: Path) -> str:
    """The address at which the node sends the one film of the folder as it is."""
    node.settle_in()
    _, scan = node.scan(node.add_library(films))
    if scan["added"] != 1 or scan["failed"]:
        raise RuntimeError(f"The film was not taken in: {scan}")
    movie = node.ask("GET", "/api/v1/movies")["items"][0]["id"]
    session = node.ask("POST", "/api/v1/playback/sessions", {"item": {"kind": "movie", "id": movie}, "client": PLAYER})
    if session["direct_url"] is None:
        raise RuntimeError(f"The film is not sent as it is: {session['reasons']}")
    return session["direct_url"]


_CONFIGURATION = """
daemon off; master_process off; pid {place}/nginx.pid; error_log {place}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  sendfile on; tcp_nopush on; access_log off; keepalive_requests 100000;
  client_body_temp_path {place}; proxy_temp_path {place}; fastcgi_temp_path {place}; uwsgi_temp_path {place}; scgi_temp_path {place};
  server {{ listen 127.0.0.1:{port}; root {place}/www; }}
}}
"""


@contextmanager
def serving(nginx: str, place: Path, film: Path) -> Iterator[tuple[int, int]]:
    """An nginx of one process that sends the film: its process id and port."""
    (place / "www").mkdir()
    (place / "www" / "film.mp4").hardlink_to(film)
    port = free_port()
    (place / "nginx.conf").write_text(_CONFIGURATION.format(place=place, port=port))
    process = subprocess.Popen(["taskset", "-c", str(CORE), nginx, "-p", str(place), "-c", str(place / "nginx.conf")])
    try:
        _until_open(port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def _until_open(port: int) -> None:
    for _ in range(200):
        with socket.socket() as one:
            if not one.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise RuntimeError("nginx does not answer")
