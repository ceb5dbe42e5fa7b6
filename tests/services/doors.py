"""Knocking at a room's doors over HTTP."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from revenge.api.endpoint import Endpoint
from revenge.api.mount import Frame, mount
from revenge.api.server import Runner


class Answer(msgspec.Struct):
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body) if self.body else None


class Doors:
    """Asks; `as_` is an access token. Header names are written with underscores."""

    def __init__(self, session: aiohttp.ClientSession, host: str, port: int) -> None:
        self.session = session
        self.host, self.port = host, port

    async def __call__(self, method: str, path: str, body: Any = None, *, as_: str | None = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"Authorization": f"Bearer {as_}"} if as_ else {})
        url = URL(f"http://{self.host}:{self.port}{path}", encoded=True)
        async with self.session.request(method, url, json=body, headers=sent) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


@asynccontextmanager
async def opened(endpoints: Sequence[Endpoint], frame: Frame) -> AsyncIterator[Doors]:
    """The doors, on a free port of loopback."""
    app = web.Application()
    mount(app, endpoints, frame)
    async with AsyncExitStack() as stack:
        runner = Runner(app, grace=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Doors(session, host, port)
