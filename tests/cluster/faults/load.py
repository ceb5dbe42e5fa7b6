"""What a household does all the time: reads, writes, scans, writes to the cluster's own table, and two films that run.

Everybody turns to another node when one fails, once; a node that did not answer is left alone for a while, as by any load balancer.
"""

import asyncio
import random
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urljoin

import aiohttp

from tests.cluster.faults.lab import FaultyNode, Lab, boottime

PATIENCE = aiohttp.ClientTimeout(total=8.0, sock_connect=1.0)
DOUBT = aiohttp.ClientTimeout(total=4.0, sock_connect=1.0)
"""A player turns to another node sooner: its buffer is waiting."""
_AVOIDED = 4.0
_LONGEST_WAIT = 3.0
BUFFER = 10.0
"""Seconds a player loads ahead."""
_GONE = (aiohttp.ClientError, TimeoutError, OSError)
PLAYERS = {
    "copied": {"containers": ["mp4"], "video_codecs": ["h264"], "audio_codecs": ["aac"]},
    "encoded": {"containers": ["mp4"], "video_codecs": ["h264"], "audio_codecs": ["aac"], "max_height": 360},
}


class Call(NamedTuple):
    """What came of one thing that was asked for."""

    at: float
    kind: str
    tries: int
    ok: bool
    told: str
    """What each try was answered."""


class Load(threading.Thread):
    """Runs until it is ended; then its lists say what came of everything."""

    def __init__(self, lab: Lab, films: dict[str, str], library: str) -> None:
        """`films`: the ids of those that are played, by player; `library`: what is scanned."""
        super().__init__(name="load", daemon=True)
        self.lab, self.films, self.library = lab, films, library
        self.calls: list[Call] = []
        self.attempts: list[tuple[float, str, bool]] = []
        self.written: dict[str, str] = {}
        """What the cluster's own table has acknowledged."""
        self.stalls = dict.fromkeys(films, 0.0)
        self.played = dict.fromkeys(films, 0.0)
        self.troubles: list[str] = []
        self._failed: dict[str, float] = {}
        self._setting: set[str] = set()
        self._ending = threading.Event()
        self._dice = random.Random(7)

    def run(self) -> None:
        asyncio.run(self._run())

    def end(self) -> None:
        self._ending.set()
        self.join(30)

    async def _run(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(timeout=PATIENCE, connector=connector) as self.http:
            loops = [
                self._every(0.1, self._read),
                self._every(0.1, self._write),
                self._every(2.0, self._scan),
                self._every(0.15, self._set),
            ]
            self._kept = [asyncio.create_task(self._guard(loop)) for loop in [*loops, *(self._play(name) for name in self.films)]]
            while not self._ending.is_set():
                await asyncio.sleep(0.05)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self.troubles.append(f"{type(error).__name__}: {error}")
            raise

    async def _every(self, seconds: float, work: Any) -> None:
        while True:
            begun = asyncio.create_task(work())
            await asyncio.sleep(seconds)
            if seconds >= 1 or len(asyncio.all_tasks()) > 200:
                await begun

    # ---- calls
    async def call(self, kind: str, method: str, path: str, json: Any = None) -> Any:
        """Ask one node, and another one when that fails; None when both did."""
        at, told, tried = boottime(), [], None
        for number in (1, 2):
            tried = self._choose(tried)
            began = boottime()
            try:
                async with self.http.request(method, tried.base_url + path, json=json, headers=self._headers()) as answer:
                    body = await answer.read()
                    ok = answer.status < 500 and answer.status != 401  # a node whose clock is wrong takes tokens for expired
                    told.append(f"{tried.name}:{answer.status}{'' if answer.status < 400 else ':' + body[:300].decode(errors='replace')}")
                    wait = answer.headers.get("Retry-After")
                    if answer.status >= 400 and answer.status not in {401, 409} and (answer.status != 503 or wait is None):
                        self.troubles.append(f"{method} {path} at {tried.name}: {answer.status} {body[:300]!r}")
            except _GONE as error:
                self._failed[tried.name] = boottime()
                told.append(f"{tried.name}:{type(error).__name__}")
                ok, wait, body = False, None, b""
            self.attempts.append((began, kind, ok))
            if ok:
                self.calls.append(Call(at, kind, number, True, " ".join(told)))
                return body
            if number == 1 and wait:
                await asyncio.sleep(min(float(wait), _LONGEST_WAIT))
        self.calls.append(Call(at, kind, 2, False, " ".join(told)))
        return None

    def _choose(self, but: FaultyNode | None) -> FaultyNode:
        nodes = [node for node in self.lab.nodes.values() if node.in_use and node is not but]
        well = [node for node in nodes if boottime() - self._failed.get(node.name, 0) > _AVOIDED]
        return self._dice.choice(well or nodes)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.lab.token}"}

    async def _read(self) -> None:
        await self.call("read", "GET", "/api/v1/movies?limit=20")

    async def _write(self) -> None:
        film = self._dice.choice(list(self.films.values()))
        await self.call("write", "PATCH", f"/api/v1/movies/{film}", {"overview": f"said at {time.time()}"})

    async def _scan(self) -> None:
        await self.call("scan", "POST", f"/api/v1/libraries/{self.library}/scan")

    async def _set(self) -> None:
        """A write to the cluster's own table counts when it was acknowledged; else nobody knows."""
        node, key = self._dice.choice([node for node in self.lab.nodes.values() if node.in_use]), f"k{self._dice.randrange(50)}"
        value = f"{boottime():.6f}"
        if key in self._setting:
            return
        self._setting.add(key)
        try:
            await asyncio.to_thread(node.ask, "faults.set", key=key, value=value)
            self.written[key] = value
        except OSError:
            self.written.pop(key, None)  # it may have been done, or not
        finally:
            self._setting.discard(key)

    # ---- films
    async def _play(self, name: str) -> None:
        """Watch a film again and again, with a buffer of ten seconds."""
        while True:
            body = {"item": {"kind": "movie", "id": self.films[name]}, "start_ms": 0, "client": PLAYERS[name]}
            begun = await self.call("begin", "POST", "/api/v1/playback/sessions", body)
            if begun is None:
                await asyncio.sleep(0.5)
                continue
            import msgspec

            session = msgspec.json.decode(begun)
            origins = [node.base_url for node in self.lab.nodes.values() if node.in_use]
            self._dice.shuffle(origins)
            await Player(self, name, session, origins).watch()


class Player:
    """One viewing, as our own player does it: the same path from one node after the other."""

    def __init__(self, load: Load, name: str, session: dict[str, Any], origins: list[str]) -> None:
        self.load, self.name, self.session, self.origins = load, name, session, origins

    async def watch(self) -> None:
        master = (await self._fetch(self.session["hls_url"])).decode()
        path = urljoin(self.session["hls_url"], next(line for line in master.splitlines() if line and not line.startswith("#")))
        lines = (await self._fetch(path)).decode().splitlines()
        pieces = [
            (float(line.removeprefix("#EXTINF:").partition(",")[0]), urljoin(path, lines[number + 1]))
            for number, line in enumerate(lines)
            if line.startswith("#EXTINF:")
        ]
        loaded = at = told = 0.0
        seen = time.monotonic()
        began = False
        for seconds, piece in pieces:
            fetching = asyncio.create_task(self._fetch(piece))
            while not fetching.done() or loaded - at > BUFFER:
                await asyncio.wait([fetching, asyncio.create_task(asyncio.sleep(0.05))], return_when=asyncio.FIRST_COMPLETED)
                if fetching.done() and loaded - at > BUFFER:
                    await asyncio.sleep(0.05)
                passed, seen = time.monotonic() - seen, time.monotonic()
                if began and passed < 2:  # not our own standing still
                    step = min(passed, loaded - at)
                    at += step
                    self.load.played[self.name] += step
                    self.load.stalls[self.name] += passed - step
                if at - told > 5:
                    told = at
                    self.reporting = asyncio.create_task(self._report(at))
            await fetching
            loaded += seconds
            began = began or loaded >= BUFFER

    async def _report(self, at: float) -> None:
        with suppress(Exception):
            async with self.load.http.post(
                self.origins[0] + self.session["progress_url"], json={"position_ms": int(at * 1000), "state": "playing"}
            ):
                pass

    async def _fetch(self, path: str) -> bytes:
        """From the node that answers; it never gives up, its buffer runs dry instead."""
        while True:
            try:
                async with self.load.http.get(self.origins[0] + path, timeout=DOUBT) as answer:
                    if answer.status < 500:
                        answer.raise_for_status()
                        return await answer.read()
            except aiohttp.ClientResponseError as error:
                self.load.troubles.append(f"{self.name}: {error.status} for {path}")
                raise
            except _GONE:
                pass
            self.origins.append(self.origins.pop(0))
            await asyncio.sleep(0.05)
