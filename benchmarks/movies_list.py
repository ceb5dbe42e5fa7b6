"""A page of 50 films out of 20,000, at a random place of the list, against what the same stack does without a product around it.

Pages that were asked for before are held, about three hundred of them; so once more places than that are asked for in turn, and once fewer.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import asyncpg

from benchmarks.drive import Run, drive, get
from benchmarks.figures import Figure, middle, spread
from benchmarks.node import Node, scratch
from benchmarks.processes import CORE, pinned
from revenge.infra.embedded.place import runtime_dir
from revenge.infra.embedded.postgres import EmbeddedPostgres

TITLE = "List of films"
PEER = "the same query by a bare asyncpg pool and msgspec in an aiohttp handler, the same bytes; and a handler with ready-made bytes"
_CONNECTIONS = 8
_HELD, _NEW = 200, 800
"""Places asked for in turn: few enough for all pages to be held, and so many that each page is forgotten before it is asked for again."""


def run(*, quick: bool = False) -> list[Figure]:
    films, rounds, seconds = (500, 1, 0.5) if quick else (20_000, 5, 4.0)
    with scratch() as place, Node(place / "data", core=CORE) as node:
        node.settle_in()
        asyncio.run(fill(place / "data", films))
        places = cursors(node, films)
        with peers(place / "data", node, places) as servers:
            agree(node, servers["raw"], places)
            ours = node.pid, node.port
            asked = {"held": (ours, _HELD), "ours": (ours, _NEW), "raw": (servers["raw"], _NEW), "bare": (servers["bare"], _NEW)}
            runs: dict[str, list[Run]] = {name: [] for name in asked}
            for number in range(rounds + 1):
                for name, ((pid, port), count) in asked.items():
                    one = hammered(pid, port, places[:count], node.token, seconds)
                    if number or quick:  # the first round warms caches
                        runs[name].append(one)
    return figures(runs)


def figures(runs: dict[str, list[Run]]) -> list[Figure]:
    def ratio(what: str, name: str, peer: str, of: Callable[[Run], float], unit: str, goal: float | None, sense: str) -> Figure:
        digits = 0 if unit == "/s" else 2
        each = {one: f"{spread([of(run) for run in runs[one]], digits)} {unit}" for one in (name, peer)}
        value = middle([of(mine) / of(theirs) for mine, theirs in zip(runs[name], runs[peer], strict=True)])
        return Figure(what, each[name], each[peer], value, goal, sense)

    return [
        ratio("requests/s, a page nobody asked for lately, to raw asyncpg", "ours", "raw", _rate, "/s", 0.6, ">="),
        ratio("p95 at 8 connections, such a page, to raw asyncpg", "ours", "raw", _late, "ms", 2.0, "<="),
        ratio("CPU per request, such a page, to raw asyncpg", "ours", "raw", _cost, "ms", None, "<="),
        ratio("requests/s, a page that is held, to a bare handler", "held", "bare", _rate, "/s", 0.06, ">="),
        ratio("CPU per request, a page that is held, to a bare handler", "held", "bare", _cost, "ms", None, "<="),
    ]


def _rate(one: Run) -> float:
    return one.rate


def _late(one: Run) -> float:
    return 1000 * float(one.seen["p95"])


def _cost(one: Run) -> float:
    return 1000 * one.cpu / float(one.seen["requests"])


def hammered(pid: int, port: int, places: list[str], token: str, seconds: float) -> Run:
    requests = [get(path, port, f"Authorization: Bearer {token}") for path in places]
    return drive(pid, CORE, kind="hammer", port=port, requests=requests, connections=_CONNECTIONS, seconds=seconds)


async def fill(data: Path, films: int) -> None:
    """Films with posters in one library, some of them begun by the admin."""
    connection = await asyncpg.connect(url(data))
    try:
        library = await connection.fetchval("insert into shared.libraries (name, kind) values ('Films', 'movie') returning id")
        await connection.execute(
            """
            insert into movies (library_id, match_key, title, title_sort, year, overview, genres, poster_id, poster_blurhash)
            select $1, 'film ' || n, 'Film Number ' || n, 'film number ' || lpad((n * 7919 % 1000003)::text, 7, '0'), 1950 + n % 70,
                   repeat('What happens in it, in a sentence or two. ', 8), '{Drama,Comedy}', uuidv7(), 'L6PZfSi_.AyE_3t7t7R**0o#DgR4'
            from generate_series(1, $2::int) n
            """,
            library,
            films,
        )
        await connection.execute(
            """
            insert into shared.progress (user_id, item_kind, item_id, position_ms, duration_ms, watched, play_count, at)
            select users.id, 'movie', movies.id, 600000, 5400000, false, 0, now()
            from shared.users, movies where movies.year = 1990
            """
        )
        await connection.execute("analyze")
    finally:
        await connection.close()


def url(data: Path) -> str:
    return EmbeddedPostgres(data, runtime_dir(data)).url


def cursors(node: Node, films: int) -> list[str]:
    """Addresses of pages at random places: the cursors come from pages that are asked for by offset."""
    chosen = random.Random(7)
    found = []
    for _ in range(_NEW):
        page = node.ask("GET", f"/api/v1/movies?limit=50&offset={chosen.randrange(films - 120)}")
        found.append(f"/api/v1/movies?limit=50&cursor={page['next']}")
    return found


def agree(node: Node, raw: tuple[int, int], places: list[str]) -> None:
    """Both give the same bytes, or the comparison means nothing."""
    for path in places[:10]:
        _, ours = node.raw("GET", path)
        with urlopen(f"http://127.0.0.1:{raw[1]}{path}") as answer:
            theirs = answer.read()
        if ours != theirs:
            raise RuntimeError(f"The answers differ:\n{ours[:600]!r}\n{theirs[:600]!r}")


@contextmanager
def peers(data: Path, node: Node, places: list[str]) -> Iterator[dict[str, tuple[int, int]]]:
    """Process ids and ports of the two servers ours is compared with."""
    _, body = node.raw("GET", places[0])
    shown = next(film for film in json.loads(body)["items"] if film["poster"])
    prefix = shown["poster"]["url"].rpartition("/")[0].rpartition("/")[0]
    me = node.ask("GET", "/api/v1/users/me")["id"]
    ready = data.parent / "ready.json"
    ready.write_bytes(body)
    wish = {"url": url(data), "user": str(UUID(me)), "prefix": prefix, "ready": str(ready)}
    processes, found = [], {}
    try:
        for name in ("raw", "bare"):
            command = pinned([sys.executable, "-m", "benchmarks.peers", json.dumps({**wish, "kind": name})])
            process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent)
            processes.append(process)
            assert process.stdout is not None
            found[name] = process.pid, int(process.stdout.readline())
        yield found
    finally:
        for process in processes:
            process.terminate()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
