"""The pages on a real HTTP frame, with a household that is made up."""

import pytest
import uvloop

from tests.web.household import COOKIE, Household


def pytest_asyncio_loop_factories(config, item):
    """Pages are tested on the product's loop."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def household():
    return Household()


@pytest.fixture
async def stranger(household, aiohttp_client):
    """A browser nobody is signed in with."""
    return await aiohttp_client(household.application(), auto_decompress=True)


@pytest.fixture
async def anne(household, aiohttp_client):
    """The admin's browser."""
    return await aiohttp_client(household.application(), cookies={COOKIE: "anne"})


@pytest.fixture
async def ben(household, aiohttp_client):
    """The browser of somebody who only watches."""
    return await aiohttp_client(household.application(), cookies={COOKIE: "ben"})
