"""An outside service that answers as it is told, and a node's door to it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from revenge.infra.bandwidth.link import Link
from revenge.infra.fetch.fetcher import Fetcher
from revenge.infra.fetch.pace import Manners

FREE = Manners(calls=10_000, period=1, timeout=1)


class Service:
    """Answers with what lies in `answers`, in turn, and at last again and again; remembers who asked."""

    def __init__(self) -> None:
        self.answers: list = [web.json_response({"title": "Alien"})]
        self.asked: list[web.BaseRequest] = []
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request) if callable(answer) else web.Response(status=answer.status, headers=answer.headers, body=answer.body)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def fetcher(store) -> AsyncIterator[Fetcher]:
    async with Fetcher(store, Link(), "1.0", rest=1).lifetime() as opened:
        yield opened


@pytest.fixture
def source(fetcher, monkeypatch):
    """The service as the node sees it; it sleeps between attempts in no time and says in `slept` how long it would have."""
    made = fetcher.source("somewhere", FREE, houses=["127.0.0.1"])
    made.slept = []

    async def sleep(seconds: float) -> None:
        made.slept.append(seconds)

    made._sleep = sleep
    return made
