"""Files that are sent at the rate the kernel was told: on new and kept connections, for as long as it takes, for whoever may have it."""

import asyncio
import os
import ssl
from contextlib import AsyncExitStack
from math import inf
from pathlib import Path

import pytest
from aiohttp import web

from revenge.api.endpoint import get
from revenge.api.sender import send_file
from revenge.core.caller import Caller
from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import Link
from revenge.infra.bandwidth.shares import Limits

M = 1_000_000 / 8
_MB = 1_000_000


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    path.touch()
    os.truncate(path, 4 << 30)  # holes: nobody looks at what it holds
    return path


@pytest.fixture
async def link():
    made = Link()
    yield made
    made.close()


@pytest.fixture
def endpoints(film):
    async def send(request: web.Request, caller: Caller) -> web.StreamResponse:
        return await send_file(request, film, content_type="video/mp4")

    async def page() -> str:
        return "x" * 3 * _MB

    return [
        *(get(f"/{qos.name.lower()}", send, may="x", qos=qos) for qos in Qos if qos is not Qos.INTERFACE),
        get("/page", page, open="static"),
    ]


@pytest.fixture
async def node(serve, endpoints, link):
    return await serve(endpoints, link=link)


class Client:
    """One connection."""

    def __init__(self, node, **options) -> None:
        self.node, self.options = node, options

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(self.node.host, self.node.port, **self.options)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    def ask(self, path: str, size: int = 0, who: str = "ann") -> None:
        wanted = f"Range: bytes=0-{size - 1}\r\n" if size else ""
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {who}\r\n{wanted}\r\n".encode())

    async def read(self, size: int) -> float:
        """Read an answer of so many bytes; the seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self.reader.readuntil(b"\r\n\r\n")
        await self.reader.readexactly(size)
        return loop.time() - began

    async def mbit(self, seconds: float) -> float:
        """What comes within so many seconds, in Mbit/s."""
        loop = asyncio.get_running_loop()
        began, came = loop.time(), 0
        while loop.time() - began < seconds:
            came += len(await self.reader.read(1 << 20))
        return came / (loop.time() - began) / M


async def test_a_file_goes_at_the_rate_that_is_its_share(node, link):
    link.limits = Limits(node=40 * M)
    async with Client(node) as client:
        client.ask("/person", 3 * _MB)
        assert 0.4 <= await client.read(3 * _MB) <= 3  # 0.6 without the burst a connection begins with


async def test_tls_is_paced_too(serve, endpoints, link, certificate):
    node = await serve(endpoints, link=link, ssl=certificate)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    link.limits = Limits(node=40 * M)
    async with Client(node, ssl=trusting) as client:
        client.ask("/person", 3 * _MB)
        assert 0.4 <= await client.read(3 * _MB) <= 3


async def test_what_follows_on_the_connection_is_not_limited_to_the_share_of_what_was_before(node, link):
    link.limits = Limits(node=16 * M)
    async with Client(node) as client:
        client.ask("/person", _MB)
        slow = await client.read(_MB)
        client.ask("/page")
        assert await client.read(3 * _MB) < slow  # pages never wait


async def test_who_asks_for_the_next_piece_before_the_last_has_come_gets_no_more_for_it(node, link):
    link.limits = Limits(node=40 * M)
    async with Client(node) as client:
        for _ in range(30):
            client.ask("/background", 100_000)
        took = 0.0
        for _ in range(30):
            took += await client.read(100_000)
    assert took >= 0.4


async def test_an_answer_has_its_share_until_its_peer_has_taken_the_last_of_it(node, link):
    link.limits = Limits(node=8 * M)
    async with Client(node) as client:
        client.ask("/person", 600_000)
        async with asyncio.timeout(3):
            while not link.passed[Qos.PERSON]:
                await asyncio.sleep(0.005)
            while link.streams[Qos.PERSON]:
                await asyncio.sleep(0.005)
        assert link._takers  # the kernel holds the rest
        await client.read(600_000)
        async with asyncio.timeout(3):
            while link._takers:
                await asyncio.sleep(0.01)


async def test_a_peer_that_leaves_gives_its_share_back_at_once(node, link):
    link.limits = Limits(node=8 * M)
    async with Client(node) as client:
        client.ask("/person")
        await client.reader.read(1000)
        client.writer.transport.abort()
        async with asyncio.timeout(2):
            while link._takers:
                await asyncio.sleep(0.01)


async def test_limits_that_are_set_meanwhile_hold_for_what_is_being_sent_and_no_longer_than_they_are_set(node, link):
    async with Client(node) as client:
        client.ask("/stream")
        assert await client.mbit(0.3) > 100
        link.limits = Limits(node=16 * M)
        await client.mbit(0.7)  # what was on its way
        assert await client.mbit(1.0) < 30
        link.limits = Limits()
        await client.mbit(0.3)
        assert await client.mbit(0.3) > 100


async def test_people_share_equally_however_many_connections_they_have(node, link, people, monkeypatch):
    monkeypatch.setitem(people.roles, "bob", "admin")
    link.limits = Limits(node=40 * M)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(node)) for _ in range(5)]
        for client, who in zip(clients, ["ann"] * 4 + ["bob"], strict=True):
            client.ask("/person", who=who)
        await asyncio.gather(*(client.mbit(1.0) for client in clients))
        rates = await asyncio.gather(*(client.mbit(1.5) for client in clients))
    assert rates[4] == pytest.approx(sum(rates[:4]), rel=0.3)
    assert sum(rates) == pytest.approx(40, rel=0.2)


async def test_maintenance_stops_while_somebody_streams_and_goes_on_when_they_have_gone(node, link):
    link.limits = Limits(node=80 * M)
    async with Client(node) as tidy:
        tidy.ask("/maintenance")
        await tidy.reader.readuntil(b"\r\n\r\n")
        assert await tidy.mbit(0.5) > 20
        async with Client(node) as watching:
            watching.ask("/stream")
            await asyncio.gather(watching.mbit(3.0), tidy.mbit(1.0))  # what the kernel held is sent by then
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.7):
                    await tidy.mbit(5)
        async with asyncio.timeout(4):
            await tidy.reader.readexactly(_MB)


async def test_without_limits_no_socket_is_touched(node, link, monkeypatch):
    def never(*_):
        raise AssertionError("nobody limits anything")

    monkeypatch.setattr("revenge.infra.bandwidth.paced.set_rate", never)
    async with Client(node) as client:
        client.ask("/person", _MB)
        await client.read(_MB)
    assert link.limits.node == inf
    assert link.passed[Qos.PERSON] == _MB
