"""While a node may not write, reading, signing in and watching go on, and every other write says when to come back."""

import pytest

from revenge.api.endpoint import delete, get, patch, post
from revenge.core.caller import Caller
from revenge.core.errors import Unavailable

REASON = Unavailable("This node is cut off from most of the others.", code="read_only_minority", retry_after=2)


async def read(caller: Caller) -> list[str]:
    return ["read"]


async def written(caller: Caller) -> list[str]:
    return ["written"]


async def entered() -> list[str]:
    return ["in"]


ENDPOINTS = [
    get("/things", read, may="movies:read"),
    post("/things", written, may="movies:read"),
    patch("/things", written, may="movies:edit"),
    delete("/things", written, may="movies:read", always=True),
    post("/login", entered, open="login", always=True),
    post("/setup", entered, open="setup"),
    post("/page", written, may="movies:read", page=True),
    get("/piece", entered, open="static", moves=True),
]


@pytest.fixture
async def cut_off(serve):
    hindered = [True]

    async def hindrance():
        return REASON if hindered[0] else None

    client = await serve(ENDPOINTS, hindrance=hindrance)
    client.hindered = hindered
    return client


async def status(client, method, path, as_="bob"):
    async with client.request(method, path, as_=as_) as answer:
        return answer.status


async def test_a_write_is_refused_with_a_reason_and_a_moment_to_come_back(cut_off):
    async with cut_off.request("POST", "/things", as_="bob") as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "2"
        problem = await answer.json(content_type=None)
        assert (problem["code"], problem["detail"]) == ("read_only_minority", REASON.detail)


async def test_reading_and_what_is_declared_to_go_on_goes_on(cut_off):
    for method, path in (("GET", "/things"), ("HEAD", "/things"), ("DELETE", "/things"), ("POST", "/login")):
        assert await status(cut_off, method, path) == 200


async def test_it_ends_as_soon_as_the_hindrance_does(cut_off):
    cut_off.hindered[0] = False
    assert await status(cut_off, "POST", "/things") == 200
    assert await status(cut_off, "POST", "/setup", None) == 200


async def test_strangers_and_those_who_may_not_are_told_that_first(cut_off):
    assert await status(cut_off, "POST", "/things", None) == 401
    assert await status(cut_off, "PATCH", "/things", "bob") == 403
    assert await status(cut_off, "POST", "/setup", None) == 503
    assert await status(cut_off, "PUT", "/things") == 405
    assert await status(cut_off, "POST", "/nothing") == 404


async def test_a_form_of_a_page_gets_a_page(cut_off):
    async with cut_off.request("POST", "/page", as_="bob") as answer:
        assert answer.status == 503
        assert answer.content_type == "text/html"


async def test_a_node_that_goes_sends_streams_away_and_nothing_else(serve):
    going = Unavailable("This node is about to go.", code="draining", retry_after=1)
    client = await serve(ENDPOINTS, leaving=lambda: going)
    async with client.request("GET", "/piece") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert await status(client, "GET", "/things") == 200
    assert await status(client, "POST", "/things") == 200
