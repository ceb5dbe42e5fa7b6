"""Who pays for an answer, in which class, and what waits for its share."""

import asyncio
from datetime import timedelta
from math import inf
from uuid import uuid4

import pytest

from revenge.api.endpoint import get
from revenge.api.settings import ServerSettings
from revenge.core.caller import Caller
from revenge.core.clock import now
from revenge.core.errors import NotFound
from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import Link
from revenge.infra.bandwidth.shares import Limits

_BODY = "x" * 100_000


async def page() -> str:
    return _BODY


async def text(caller: Caller) -> str:
    return _BODY


async def ticketed(ticket: str) -> str:
    return _BODY


async def missing(caller: Caller) -> str:
    raise NotFound("There is no such thing.")


ENDPOINTS = [
    get("/page", page, open="static"),
    get("/list", text, may="x", qos=Qos.PERSON),
    get("/behind", text, may="x", qos=Qos.BACKGROUND),
    get("/play/{ticket}/master.m3u8", ticketed, open="ticket", qos=Qos.STREAM),
    get("/missing", missing, may="x", qos=Qos.BACKGROUND),
]


@pytest.fixture
async def link():
    made = Link(Limits(node=8e6 / 8))
    yield made
    made.close()


@pytest.fixture
async def node(serve, link):
    return await serve(ENDPOINTS, link=link, server=ServerSettings(trusted_proxies=("127.0.0.1",)))


@pytest.fixture
def paid(link, monkeypatch):
    """Class, user and place of whoever paid, in turn."""
    told = []

    async def body(qos, user, count, *, remote):
        told.append((qos, user, remote))

    monkeypatch.setattr(link, "body", body)
    return told


async def read(node, path, as_=None, **headers) -> int:
    async with node.request("GET", path, as_=as_, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
        return len(await answer.read())


async def test_every_answer_is_of_the_class_its_endpoint_names_errors_included_and_what_is_nowhere_is_a_page(node, link):
    for path in ("/page", "/behind", "/missing", "/nowhere"):
        size = await read(node, path, "ann")
        found = {qos: count for qos, count in link.passed.items() if count}
        expected = Qos.BACKGROUND if path in {"/behind", "/missing"} else Qos.INTERFACE
        assert found == {expected: size}
        link.passed[expected] = 0


async def test_what_people_ask_for_waits_for_its_share_and_pages_do_not(node):
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(10):
        await read(node, "/page")
    assert loop.time() - began < 0.5
    for _ in range(4):
        await read(node, "/list", "ann")
    assert 0.25 <= loop.time() - began <= 3


async def test_the_caller_pays_or_whoever_the_ticket_was_given_to(node, people, tickets, paid):
    ann = str(people.person("ann").user_id)
    await read(node, "/list", "ann")
    await read(node, "/page")
    ticket = tickets.issue("playback", people.session("ann"), "a viewing", now() + timedelta(hours=1))
    await read(node, f"/play/{ticket}/master.m3u8")
    stranger = tickets.issue("playback", uuid4(), "a viewing", now() + timedelta(hours=1))
    await read(node, f"/play/{stranger}/master.m3u8")
    assert paid == [(Qos.PERSON, ann, False), (Qos.INTERFACE, "", False), (Qos.STREAM, ann, False), (Qos.STREAM, "", False)]


@pytest.mark.parametrize(
    ("address", "remote"),
    [("192.168.1.7", False), ("fd00::7", False), ("100.64.3.2", False), ("8.8.8.8", True), ("2a01:4f8::1", True), ("nonsense", False)],
)
async def test_what_leaves_the_house_is_told_by_what_a_trusted_proxy_says(node, paid, address, remote):
    await read(node, "/list", "ann", X_Forwarded_For=address)
    assert paid[0][2] is remote


async def test_nobody_elses_word_makes_a_client_remote(serve, link, paid):
    node = await serve(ENDPOINTS, link=link)
    await read(node, "/list", "ann", X_Forwarded_For="8.8.8.8")
    assert paid[0][2] is False


async def test_without_limits_nobody_is_asked_who_pays(node, link, people, monkeypatch):
    link.limits = Limits(node=inf)

    async def never(_session):
        raise AssertionError("nobody pays")

    monkeypatch.setattr(people, "of_session", never)
    assert await read(node, "/list", "ann") == len(_BODY) + 2
    assert link.passed[Qos.PERSON] == len(_BODY) + 2


async def test_a_client_that_leaves_while_its_body_waits_leaves_nothing_waiting(node, link):
    await read(node, "/list", "ann")
    link.limits = Limits(node=1000)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await read(node, "/list", "ann")
    async with asyncio.timeout(2):
        while any(metered.waiting for metered in link._bodies.values()):
            await asyncio.sleep(0.01)
