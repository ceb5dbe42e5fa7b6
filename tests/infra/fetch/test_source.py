"""What one may rely on when an outside service is asked."""

import asyncio
import time

import msgspec
import pytest
from aiohttp import web

from revenge.core.qos import Qos, as_urgent_as
from revenge.core.sources import Absent, Refused, Unreachable
from revenge.infra.bandwidth.link import Link
from revenge.infra.bandwidth.shares import Limits
from revenge.infra.fetch.fetcher import Fetcher
from tests.fixtures.ports import free_port
from tests.infra.fetch.conftest import FREE


def status(number: int, **headers: str) -> web.Response:
    return web.Response(status=number, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_an_answer_comes_as_it_is_and_we_say_who_asks(source, service):
    answer = await source.get(f"{service.url}/3/movie", params={"q": "Alien"}, headers={"Accept-Language": "de"})
    assert msgspec.json.decode(answer.body) == {"title": "Alien"}
    request = service.asked[0]
    assert request.headers["User-Agent"] == "Revenge/1.0"
    assert (request.query["q"], request.headers["Accept-Language"]) == ("Alien", "de")
    assert source.state.state == "well"
    assert source.state.answered_at is not None


async def test_a_service_that_was_never_asked_says_so(source, fetcher):
    assert [(state.name, state.state) for state in fetcher.states] == [("somewhere", "unused")]


@pytest.mark.parametrize(
    ("answer", "error", "state"),
    [(404, Absent, "well"), (410, Absent, "well"), (401, Refused, "refusing"), (403, Refused, "refusing"), (400, Refused, "refusing")],
)
async def test_what_will_not_change_is_not_asked_twice(source, service, answer, error, state):
    service.answers = [status(answer)]
    with pytest.raises(error, match="somewhere"):
        await source.get(service.url)
    assert len(service.asked) == 1
    assert source.state.state == state


async def test_what_fails_once_is_asked_again_and_longer_later(source, service):
    service.answers = [status(500), status(503), web.json_response([])]
    assert (await source.get(service.url)).body == b"[]"
    first, second = source.slept
    assert 0.25 <= first <= 0.5 <= second <= 1
    assert source.state.state == "well"


async def test_what_would_do_harm_twice_is_sent_once(source, service):
    service.answers = [status(500)]
    with pytest.raises(Unreachable):
        await source.ask("POST", service.url, again=False, json={})
    assert len(service.asked) == 1


async def test_a_service_that_says_when_to_come_back_is_asked_then(source, service):
    service.answers = [status(503, Retry_After="7"), web.json_response([])]
    await source.get(service.url)
    assert source.slept == [7]
    service.answers = [status(503, Retry_After="3600")]
    with pytest.raises(Unreachable) as told:
        await source.get(service.url)
    assert told.value.retry_after == 3600


async def test_who_is_asked_too_often_is_not_broken_and_is_not_asked_meanwhile(source, service):
    service.answers = [status(429, Retry_After="3600")]
    for _ in range(7):
        with pytest.raises(Unreachable) as told:
            await source.get(service.url)
        assert told.value.retry_after > 3500
    assert len(service.asked) == 1
    assert source.state.failures == 0


async def test_after_five_failures_a_service_is_left_alone_and_then_asked_once(source, service):
    gate = asyncio.Event()

    async def slow(_: web.BaseRequest) -> web.Response:
        await gate.wait()
        return web.json_response([])

    service.answers = [status(500)]
    for _ in range(2):
        with pytest.raises(Unreachable):
            await source.get(service.url)
    assert len(service.asked) == 5
    assert source.state.state == "resting"
    assert source.state.retry_in_ms > 0
    with pytest.raises(Unreachable, match="left alone"):
        await source.get(service.url)
    assert len(service.asked) == 5
    service.answers = [slow]
    async with asyncio.timeout(3):
        while source.state.retry_in_ms:
            await asyncio.sleep(0.02)
    probe = asyncio.create_task(source.get(service.url))
    async with asyncio.timeout(3):
        while len(service.asked) < 6:
            await asyncio.sleep(0.01)
    with pytest.raises(Unreachable):
        await source.ask("GET", service.url, again=False)
    gate.set()
    await probe
    assert len(service.asked) == 6
    assert source.state.state == "well"
    await source.get(service.url)


async def test_a_service_that_says_nothing_is_waited_for_only_so_long(fetcher, service):
    async def never(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    service.answers = [never]
    source = fetcher.source("slow", msgspec.structs.replace(FREE, timeout=0.2), houses=["127.0.0.1"])
    began = time.monotonic()
    with pytest.raises(Unreachable, match="slow cannot be reached"):
        await source.ask("GET", service.url, again=False)
    assert time.monotonic() - began < 2


async def test_a_service_that_is_not_there_is_unreachable(source):
    with pytest.raises(Unreachable):
        await source.get(f"http://127.0.0.1:{free_port()}")
    assert source.state.failures == 3
    assert source.state.detail


async def test_an_answer_that_is_too_large_is_refused_before_it_fills_the_memory(source, service):
    service.answers = [web.Response(body=b"x" * 100_000)]
    with pytest.raises(Refused, match="more than 1000 bytes"):
        await source.get(service.url, most=1000)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "nonsense", "http://"])
async def test_what_is_no_address_of_the_web_is_refused(source, url):
    with pytest.raises((Refused, Unreachable)):
        await source.ask("GET", url, again=False)


async def test_what_is_fetched_pays_for_every_byte_and_the_background_waits_for_people(store, service):
    service.answers = [web.Response(body=b"x" * 300_000)]
    link = Link(Limits(node=1_000_000))
    async with Fetcher(store, link, "1.0").lifetime() as fetcher:
        source = fetcher.source("somewhere", FREE, houses=["127.0.0.1"])
        began = time.monotonic()
        with as_urgent_as(Qos.BACKGROUND):
            await source.get(service.url)
            await source.get(service.url)
        assert 0.25 < time.monotonic() - began < 2
        async with asyncio.timeout(0.2):
            await source.get(service.url)  # a person's question does not wait
    link.close()


async def test_a_key_is_shown_to_the_host_it_was_meant_for_and_to_no_other(fetcher, service):
    source = fetcher.source("pictures", FREE, houses=["127.0.0.1", "localhost"])
    elsewhere = service.url.replace("127.0.0.1", "localhost")
    service.answers = [status(302, Location="/there"), status(302, Location=f"{elsewhere}/away"), web.Response(body=b"picture")]
    answer = await source.get(service.url, params={"api_key": "k"}, headers={"X-Api-Key": "k", "Accept": "image/*"})
    assert answer.body == b"picture"
    assert [request.headers.get("X-Api-Key") for request in service.asked] == ["k", "k", None]
    assert service.asked[2].headers["Accept"] == "image/*"
    assert "k" not in service.asked[2].query_string


async def test_who_points_in_circles_is_not_followed_for_ever(source, service):
    service.answers = [status(302, Location="/again")]
    with pytest.raises(Refused, match="without end"):
        await source.get(service.url)
    assert len(service.asked) == 5


async def test_nothing_of_a_key_is_told_to_anybody(source, service):
    service.answers = [status(401)]
    with pytest.raises(Refused) as told:
        await source.get(service.url, params={"api_key": "secret"}, headers={"X-Api-Key": "secret"})
    assert "secret" not in str(told.value)
    with pytest.raises(Unreachable) as away:
        await source.ask("GET", "http://127.0.0.1:1/?api_key=secret", again=False)
    assert "secret" not in str(away.value)
    assert "secret" not in (source.state.detail or "")
