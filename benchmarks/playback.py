"""Playback against the ffmpeg program: the time to a first piece, over HTTP from the request for a viewing on; whole films; keyframe indexes."""

import asyncio
import http.client
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import m3u8
from msgspec import Struct

from benchmarks import ffmpeg
from benchmarks.ffmpeg import Cost
from benchmarks.figures import Figure, middle, spread
from benchmarks.node import Node, scratch
from benchmarks.processes import cpu_of_tree
from revenge.core.qos import Qos
from revenge.media.pools import media_pool
from revenge.media.probe import Probed, Prober

TITLE = "Playback"
PEER = (
    "the ffmpeg and ffprobe programs (started for each piece, with the node's own settings of libx264), the same file, all cores for both"
)
_COPIES = {"containers": ["mp4"], "video_codecs": ["h264"], "audio_codecs": ["aac"]}
_ENCODES = {"containers": ["mp4"], "video_codecs": ["vp8"], "audio_codecs": ["aac"]}
_LATE = 0.9
_PATIENCE_S = 120
_IDLE = 0.02
"""Share of a core below which the node has done what it does ahead."""


class Part(Struct, frozen=True):
    """One segment of a rendition, in seconds of the film."""

    url: str
    init: str
    begin: float
    seconds: float


class Show(Struct, frozen=True):
    """A viewing: the parts of picture and sound, and the bit/s its picture may have at most."""

    id: str
    picture: list[Part]
    sound: list[Part]
    most: int


class First(Struct):
    """Seconds to a first piece: ours, and the peer's for as long a piece."""

    ours: list[float]
    equal: list[float]
    whole: list[float]
    """The peer's for a piece of the usual length."""


def run(*, quick: bool = False) -> list[Figure]:
    seconds, rounds, minutes = (20, 1, 10) if quick else (72, 5, 120)
    with scratch() as place:
        source = ffmpeg.film(place / "film.mkv", seconds)
        films = [linked(source, place / "films", number) for number in range(2 * rounds + 1)]
        with Node(place / "data") as node:
            node.settle_in()
            node.scan(node.add_library(films[0].parent.parent))
            ids = [film["id"] for film in node.ask("GET", "/api/v1/movies?limit=200")["items"]]
            fetch(node, begin(node, ids.pop(), _COPIES), 0)  # somebody has watched before
            settle(node)  # and the posters are made
            figures = first_pieces(node, source, ids[:rounds], place / "peer")
            figures += whole_films(node, source, ids[rounds:], place / "peer", seconds)
        return [*figures, *indexes(place, minutes, rounds)]


def linked(source: Path, folder: Path, number: int) -> Path:
    """The same film once more under a name of its own, so that nothing of it has been made yet."""
    path = folder / f"Film {number} (2001)" / f"Film {number} (2001).mkv"
    path.parent.mkdir(parents=True)
    path.hardlink_to(source)
    return path


def first_pieces(node: Node, source: Path, ids: list[str], peer: Path) -> list[Figure]:
    """Copied and encoded, from the request for a viewing to the first piece, and to the piece of a seek in a viewing that runs."""
    copies, encodes, late_copies, late_encodes = (First([], [], []) for _ in range(4))
    for id in ids:
        for client, start, late, make in (
            (_COPIES, copies, late_copies, lambda begin, length, _: ffmpeg.copied(source, peer, begin, length)),
            (_ENCODES, encodes, late_encodes, lambda begin, length, most: ffmpeg.encoded(source, peer, begin, length, most, threads())),
        ):
            began = time.perf_counter()
            show = begin(node, id, client)
            fetch(node, show, 0)
            start.ours.append(time.perf_counter() - began)
            settle(node)
            compare(start, show, 0, make)
            number = next(n for n, part in enumerate(show.picture) if part.begin + part.seconds > _LATE * show.picture[-1].begin)
            began = time.perf_counter()
            fetch(node, show, number)
            late.ours.append(time.perf_counter() - began)
            settle(node)
            compare(late, show, number, make)
            node.ask("DELETE", f"/api/v1/playback/sessions/{show.id}")
    return [
        first("first copied piece", copies.ours, copies.equal, 0.5),
        first("copied piece after a seek to 90 %", late_copies.ours, late_copies.equal, 0.5),
        first("first encoded piece, to the peer's usual one of four seconds", encodes.ours, encodes.whole, 0.6),
        first("first encoded piece, to one as long", encodes.ours, encodes.equal, 1.1),
        first("encoded piece after a seek to 90 %, to one as long", late_encodes.ours, late_encodes.equal, 1.1),
    ]


def compare(kept: First, show: Show, number: int, make: Callable[[float, float, int], Cost]) -> None:
    part = show.picture[number]
    kept.equal.append(make(part.begin, part.seconds, show.most).seconds)
    kept.whole.append(make(part.begin, 4.0, show.most).seconds)


def whole_films(node: Node, source: Path, ids: list[str], peer: Path, seconds: int) -> list[Figure]:
    """Every piece of a film in its order, copied and encoded, against one process for all of it."""
    ours: dict[bool, list[Cost]] = {True: [], False: []}
    theirs: dict[bool, list[Cost]] = {True: [], False: []}
    pieces = 1
    for id in ids:
        for encodes, client in ((False, _COPIES), (True, _ENCODES)):
            show = begin(node, id, client)
            pieces, before, began = len(show.picture), cpu_of_tree(node.pid), time.perf_counter()
            for number in range(pieces):
                fetch(node, show, number)
            ours[encodes].append(Cost(time.perf_counter() - began, cpu_of_tree(node.pid) - before))
            node.ask("DELETE", f"/api/v1/playback/sessions/{show.id}")
            settle(node)
            make = ffmpeg.encoded(source, peer, 0, None, show.most, threads()) if encodes else ffmpeg.copied(source, peer, 0, None)
            theirs[encodes].append(make)
    figures = []
    for encodes, word, goal in ((False, "copied", None), (True, "encoded", 0.95)):
        mine, other = ours[encodes], theirs[encodes]
        rates = [[pieces / one.seconds for one in side] for side in (mine, other)]
        costs = [[60 * one.cpu / seconds for one in side] for side in (mine, other)]
        ratios = [b.seconds / a.seconds for a, b in zip(mine, other, strict=True)]
        figures += [
            Figure(f"pieces {word} per second, a whole film", *(f"{spread(r)} /s" for r in rates), middle(ratios), goal, ">="),
            Figure(
                f"CPU per minute of film, {word}",
                *(f"{spread(c)} s" for c in costs),
                middle([a / b for a, b in zip(*costs, strict=True)]),
            ),
        ]
    return figures


def indexes(place: Path, minutes: int, rounds: int) -> list[Figure]:
    """Probing a long film for its facts and keyframes, in a child that has started, against ffprobe listing its packets."""
    figures = []
    for kind in ("mp4", "mkv"):
        path = ffmpeg.long_film(place / f"long.{kind}", minutes)
        theirs = [ffmpeg.packets(path).seconds for _ in range(rounds)]
        ours = asyncio.run(probed(path, rounds))
        figures.append(first(f"keyframe index of {minutes} minutes of {kind.upper()}", ours, theirs, 0.1))
    return figures


async def probed(path: Path, rounds: int) -> list[float]:
    times = []
    async with media_pool(1).lifetime() as pool:
        prober = Prober(pool)
        for _ in range(rounds + 1):
            began = time.perf_counter()
            (found,) = await prober.probe([path], qos=Qos.STREAM)
            times.append(time.perf_counter() - began)
            if not isinstance(found, Probed) or found.index is None:
                raise RuntimeError(f"No index was found: {found}")
    return times[1:]


def first(what: str, ours: list[float], theirs: list[float], goal: float) -> Figure:
    ratio = middle([mine / other for mine, other in zip(ours, theirs, strict=True)])
    return Figure(what, *(f"{spread([1000 * one for one in side], 0)} ms" for side in (ours, theirs)), ratio, goal)


def begin(node: Node, id: str, client: dict[str, Any]) -> Show:
    """Begin a viewing and read its playlists, as a player does."""
    session = node.ask("POST", "/api/v1/playback/sessions", {"item": {"kind": "movie", "id": id}, "client": client})
    master = m3u8.loads(node.ask("GET", session["hls_url"]).decode())
    best = master.playlists[0]
    sound = next(media for media in master.media if media.type == "AUDIO")
    lists = (parts(node, urljoin(session["hls_url"], uri)) for uri in (best.uri, sound.uri))
    return Show(session["id"], *lists, most=best.stream_info.bandwidth)


def parts(node: Node, url: str) -> list[Part]:
    playlist, found, at = m3u8.loads(node.ask("GET", url).decode()), [], 0.0
    for segment in playlist.segments:
        found.append(Part(urljoin(url, segment.uri), urljoin(url, playlist.segment_map[0].uri), at, segment.duration))
        at += segment.duration
    return found


def fetch(node: Node, show: Show, number: int) -> None:
    """Fetch a piece of the picture and what is heard meanwhile, both at once as players do, each with its header where the piece is the first."""
    part = show.picture[number]
    heard = next((one for one in show.sound if one.begin + one.seconds > part.begin + 0.01), show.sound[-1])
    ways = [([one.init] if number == 0 else []) + [one.url] for one in (part, heard)]
    with ThreadPoolExecutor(len(ways)) as both:
        list(both.map(lambda urls: [downloaded(node, url) for url in urls], ways))


def downloaded(node: Node, url: str) -> None:
    """Fetch something whole, by a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=_PATIENCE_S)
    connection.request("GET", url)
    answer = connection.getresponse()
    if answer.status != http.client.OK or not answer.read():
        raise RuntimeError(f"{url}: {answer.status}")
    connection.close()


def settle(node: Node) -> None:
    """Wait until the node has made what it makes ahead, so that it takes nothing from the peer."""
    while True:
        before = cpu_of_tree(node.pid)
        time.sleep(0.5)
        if cpu_of_tree(node.pid) - before <= _IDLE:
            return


def threads() -> int:
    return min(4, os.cpu_count() or 1)
