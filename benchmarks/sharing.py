"""Who gets how much of a line of 100 Mbit/s when everybody wants all of it; how exact limits are, and what they cost."""

import os
import time
from pathlib import Path

from msgspec.structs import replace

from benchmarks.direct_play import PLAYER, resting
from benchmarks.drive import Run, drive
from benchmarks.drive import get as asked
from benchmarks.figures import Figure, middle, spread
from benchmarks.node import WATCHED, Node, scratch
from benchmarks.processes import CORE
from tests.fixtures.crowd import Page, Reader, Seen, Wish, crowd, get
from tests.fixtures.media import tiny_video

TITLE = "People before jobs"
PEER = "none: the shares are rules of the product; what limits cost is compared with the same node without any"
MBIT = 1_000_000 / 8
LINE = 100
"""Mbit/s."""
_STREAM = 8
"""Mbit/s that a player shows."""
_GREEDY = 8
_PAGES = 50
"""A second."""


def run(*, quick: bool = False) -> list[Figure]:
    with scratch() as place, Node(place / "data", WATCHED) as node:
        node.settle_in()
        large(place / "films" / "Large (2001)" / "Large (2001).mp4", 8 << 30)
        node.scan(node.add_library(place / "films"))
        for number in range(40 if quick else 1500):
            tiny_video(place / "many" / f"Film {number} (2001)" / f"Film {number} (2001).mp4")
        figures = crowded(node, place / "many", scale=0.4 if quick else 1.0)
        figures += exact(node, place, (100,) if quick else (1, 10, 100, 1000), 3 if quick else 10)
        figures.append(among_many(node, place, 2 if quick else 6))
    with scratch() as place, Node(place / "data", WATCHED, CORE) as node:
        node.settle_in()
        large(place / "Large.mp4", 8 << 30)
        return [*figures, cost(node, place / "Large.mp4", 1 if quick else 5, 1 if quick else 5)]


def crowded(node: Node, many: Path, scale: float) -> list[Figure]:
    """Pages alone; then greedy readers, maintenance and a scan; then two streams; then the streams are over."""
    begin, end, last = 8 * scale, 24 * scale, 24 * scale + 6
    movie = node.ask("GET", "/api/v1/movies")["items"][0]["id"]
    file = node.ask("GET", f"/api/v1/movies/{movie}")["files"][0]["id"]
    session = {"item": {"kind": "movie", "id": movie}, "client": PLAYER}
    addresses = [node.ask("POST", "/api/v1/playback/sessions", session)["direct_url"] for _ in range(2)]
    bearer = f"Authorization: Bearer {node.token}"
    streams = [Reader(get(address), _STREAM * MBIT, begin, end) for address in addresses]
    greedy = [Reader(get(f"/api/v1/files/{file}/sync", bearer)) for _ in range(_GREEDY)]
    tidy = [Reader(get(f"/benchmarks/tidy?path={many.parent}/films/Large%20(2001)/Large%20(2001).mp4", bearer))]
    pages = [Page(get("/api/v1/movies?limit=50", bearer), _PAGES)]
    limited(node, None)
    with crowd(Wish(node.port, 5, pages=pages)) as alone:
        alone.start()
        idle = alone.seen()
    limited(node, LINE)
    library = node.add_library(many)
    with crowd(Wish(node.port, last, [*streams, *greedy, *tidy], pages)) as people:
        people.start()
        time.sleep(begin - 1)
        node.ask("POST", f"/api/v1/libraries/{library}/scan")
        seen = people.seen()
    return told(seen, idle, begin, end)


def told(seen: Seen, idle: Seen, begin: float, end: float) -> list[Figure]:
    """What the readers got: `begin` and `end` are when the streams did."""
    background, maintenance, steady = range(2, 2 + _GREEDY), 2 + _GREEDY, begin + 3
    demand = [seen.rate(stream, steady, end) / (_STREAM * MBIT) for stream in (0, 1)]
    alone, busy = idle.p95(1, 5), seen.p95(begin + 1, end)
    before = seen.rates([*background, maintenance], begin / 2, begin) / MBIT
    back = next((seen.step * step - end for step in range(round(end / seen.step), len(seen.bytes[0]) - 6) if _whole(seen, step)), 99.0)
    got = seen.rates(background, steady, end) / MBIT
    return [
        Figure(
            "two streams of 8 Mbit/s, of what they need", f"{_STREAM * demand[0]:.2f}, {_STREAM * demand[1]:.2f} Mbit/s", "",
            100 * min(demand), 98, ">=", "%",
        ),
        Figure("seconds they stood still", f"{sum(seen.stalls):.1f} s", "", sum(seen.stalls), 0, unit="s"),
        Figure("eight greedy readers of the background meanwhile", f"{before:.0f} Mbit/s with maintenance before", "", got, 5, unit="Mbit/s"),
        Figure("maintenance meanwhile", "", "", seen.rate(maintenance, steady, end) / MBIT, 0, unit="Mbit/s"),
        Figure(
            "50 pages a second meanwhile, with a scan: p95", f"{1000 * busy:.1f} ms", f"{1000 * alone:.1f} ms alone", 1000 * busy,
            max(1500 * alone, 1000 * alone + 5), unit="ms",
        ),
        Figure("until the background has the whole line again after the streams' end", "", "", back, 2, unit="s"),
    ]  # fmt: skip


def _whole(seen: Seen, step: int) -> bool:
    """Whether readers in the background have nine tenths of the line in the half second from this step on."""
    at = step * seen.step
    return seen.rates(range(2, 3 + _GREEDY), at, at + 0.5) >= 0.9 * LINE * MBIT


def exact(node: Node, place: Path, rates: tuple[int, ...], seconds: int) -> list[Figure]:
    """One download over so many seconds after the first."""
    figures = []
    for rate in rates:
        limited(node, rate)
        small = Wish(node.port, seconds + 1.2, [_download(node, place)])
        with crowd(small if rate < LINE else replace(small, segment=None)) as one:  # above, the client would be what is measured
            one.start()
            got = one.seen().rate(0, 1, seconds + 1) / MBIT
        figures.append(Figure(f"a limit of {rate} Mbit/s, off by", f"{got:.2f} Mbit/s", "", 100 * abs(got / rate - 1), 3, unit="%"))
    return figures


def among_many(node: Node, place: Path, seconds: int) -> Figure:
    """Two hundred downloads under one limit: how far apart the luckiest and the poorest are."""
    limited(node, 1000)
    with crowd(Wish(node.port, seconds + 2.2, [_download(node, place) for _ in range(200)])) as many:
        many.start()
        seen = many.seen()
    rates = sorted(seen.rate(reader, 2, seconds + 2) / MBIT for reader in range(200))
    apart = 100 * (rates[-1] / rates[0] - 1)
    return Figure(
        "200 readers at 1 Gbit/s in all, the luckiest above the poorest", f"{rates[0]:.2f}-{rates[-1]:.2f} Mbit/s", "", apart, 10, unit="%"
    )


def cost(node: Node, film: Path, rounds: int, seconds: int) -> Figure:
    """Ten readers under a limit of 1 Gbit/s, against the same bytes without. What the node costs while it does nothing is taken off both."""
    capped, free = [], []
    idle = resting(node, 0.5 if seconds == 1 else 5.0)
    size = round(LINE * MBIT) * seconds
    request = asked(f"/benchmarks/file?path={film}", node.port, f"Range: bytes=0-{size - 1}", f"Authorization: Bearer {node.token}")
    for _ in range(rounds):
        for limit, runs in ((1000, capped), (None, free)):
            limited(node, limit)
            run = drive(node.pid, CORE, kind="download", port=node.port, requests=[request] * 10)
            runs.append(Run(run.cpu - idle * run.seen["seconds"], run.seen))
    ratio = middle([one.cpu_per_gb / other.cpu_per_gb for one, other in zip(capped, free, strict=True)])
    took = spread([one.seen["seconds"] for one in capped])
    ours = f"{spread([one.cpu_per_gb for one in capped], 3)} s ({took} s for {seconds} s of bytes)"
    return Figure("CPU per GB, ten readers under 1 Gbit/s", ours, f"{spread([one.cpu_per_gb for one in free], 3)} s, unlimited", ratio, 1.3)


def limited(node: Node, mbit: int | None) -> None:
    node.ask("PUT", "/benchmarks/limit", {"bits": None if mbit is None else mbit * 1_000_000})


def large(path: Path, size: int) -> None:
    """A film that plays for a second, and a hole behind it: whoever reads it gets zeros without a disk."""
    tiny_video(path)
    with path.open("ab") as file:
        file.write((1).to_bytes(4, "big") + b"free" + (size + 16).to_bytes(8, "big"))
        os.truncate(path, file.tell() + size)


def _download(node: Node, place: Path) -> Reader:
    path = f"{place}/films/Large%20(2001)/Large%20(2001).mp4"
    return Reader(get(f"/benchmarks/file?path={path}", f"Authorization: Bearer {node.token}"))
