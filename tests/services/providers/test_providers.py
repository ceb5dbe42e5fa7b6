"""What an admin is told about outside services."""

import pytest
from aiohttp import web

from revenge.core.sources import Unreachable
from revenge.infra.fetch.circuit import FAILURES
from revenge.services.providers.routes import ProviderRoutes
from tests.api.conftest import People, serve, tickets  # noqa: F401 - fixtures
from tests.infra.fetch.conftest import FREE, fetcher, service  # noqa: F401 - fixtures


@pytest.fixture
def people():
    return People()


async def told(node):
    async with node.request("GET", "/api/v1/admin/providers", as_="ann") as answer:
        assert answer.status == 200
        return (await answer.json())["providers"]


async def test_a_service_that_fails_is_left_alone_and_comes_back_and_admins_alone_see_it(serve, fetcher, service):  # noqa: F811 - fixtures
    node = await serve(ProviderRoutes(fetcher).endpoints())
    assert await told(node) == []
    source = fetcher.source("facts", FREE, houses=["127.0.0.1"])
    assert (await told(node))[0] | {"name": "facts", "state": "unused", "failures": 0} == (await told(node))[0]
    good, service.answers = service.answers, [web.Response(status=500)]
    for _ in range(FAILURES):
        with pytest.raises(Unreachable):
            await source.ask("GET", service.url, again=False)
    asked = len(service.asked)
    with pytest.raises(Unreachable, match="left alone"):
        await source.get(service.url)
    assert len(service.asked) == asked
    state = (await told(node))[0]
    assert (state["state"], state["failures"], state["detail"]) == ("resting", FAILURES, "facts answers 500.")
    assert 0 < state["retry_in_ms"] <= 1000
    service.answers = good
    await source._sleep(1.1)
    await source.get(service.url)
    assert (await told(node))[0]["state"] == "well"
    async with node.request("GET", "/api/v1/admin/providers", as_="bob") as answer:
        assert answer.status == 403
