"""A house in small, opened by the real front door in a process of its own: `python -m tests.small_house <plan as JSON>`."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from redis import asyncio as redis

import revenge.app
from revenge.api.settings import ServerSettings, TlsSettings
from revenge.core.errors import StartRefused
from revenge.infra.embedded.valkey import EmbeddedStore


class Plan(msgspec.Struct):
    port: int = 0
    host: str = "127.0.0.1"
    cert: str | None = None
    key: str | None = None
    grace: float = 10.0
    store: str | None = None
    """Where an embedded store keeps its data; none without."""
    opening: str = "quick"
    """Or `fails`, `hangs`."""
    closing: str = "quick"
    """Or `fails`, `hangs`."""


class Settings(msgspec.Struct):
    server: ServerSettings


class SmallHouse:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        tls = TlsSettings(cert=plan.cert and Path(plan.cert), key=plan.key and Path(plan.key))
        self.settings = Settings(ServerSettings(host=plan.host, port=plan.port, tls=tls))
        self.store: Any = None

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self.greet)
        app.router.add_get("/slow", self.slow)
        app.router.add_get("/for-ever", self.for_ever)
        app.cleanup_ctx.extend([self.first, self.second])
        return app

    async def first(self, _app):
        say("first opened")
        if self.plan.store:
            place = Path(self.plan.store)
            async with EmbeddedStore(place, place / "run").lifetime() as url, redis.from_url(url) as self.store:
                yield
        else:
            yield
        say("first closed")

    async def second(self, _app):
        say("second opening")
        if self.plan.opening == "fails":
            raise StartRefused("The second part is not to be had.")
        if self.plan.opening == "hangs":
            await asyncio.sleep(60)
        yield
        if self.plan.closing == "fails":
            raise RuntimeError("the second part does not close")
        if self.plan.closing == "hangs":
            say("second hangs")
            await asyncio.sleep(60)
        say("second closed")

    async def greet(self, _request):
        return web.Response(text="hello")

    async def slow(self, _request):
        """Half a second, then a word from the store, where there is one."""
        say("slow begun")
        await asyncio.sleep(0.5)
        return web.Response(text=str(await self.store.incr("asked")) if self.store else "done")

    async def for_ever(self, _request):
        say("for ever begun")
        try:
            await asyncio.sleep(60)
        finally:
            say("for ever cancelled")

    async def stand_aside(self) -> None:
        say("stood aside")

    async def drain(self, grace: float) -> None:
        say("drained")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    revenge.app.GRACE = plan.grace
    try:
        revenge.app.serve(SmallHouse(plan))
    except StartRefused as refused:
        sys.exit(f"refused: {refused}")
    say("over")
