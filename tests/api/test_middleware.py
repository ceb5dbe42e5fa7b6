"""What surrounds every request: ids, log lines, headers, other origins, and where a request comes from."""

import inspect
from time import process_time

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from loguru import logger

from revenge.api import peer
from revenge.api.endpoint import get, post
from revenge.api.keys import COMPILES
from revenge.api.middleware.journal import mask
from revenge.api.mount import Frame, mount
from revenge.api.settings import ServerSettings
from revenge.core.caller import Caller
from revenge.core.errors import StartRefused


async def hello(caller: Caller | None) -> list[str]:
    return ["hello"]


async def ticketed(ticket: str) -> list[str]:
    return ["hello"]


async def where(request: web.Request) -> dict[str, object]:
    return {"address": peer.client_address(request), "loopback": peer.is_loopback(request), "secure": peer.is_secure(request)}


ENDPOINTS = [
    get("/hello", hello, open="static"),
    get("/play/{ticket}/master.m3u8", ticketed, open="ticket"),
    get("/where", where, open="static"),
    get("/health/live", hello, open="health"),
    post("/hello", hello, open="login"),
]


# --- ids ---------------------------------------------------------------------------------------------------------------------------


async def test_a_sane_id_of_the_client_is_kept_and_any_other_replaced(serve):
    client = await serve(ENDPOINTS)
    async with client.request("GET", "/hello", headers={"X-Request-Id": "proxy-42.a:b_c"}) as answer:
        assert answer.headers["X-Request-Id"] == "proxy-42.a:b_c"
    for bad in ("x" * 65, "a b", "<script>", ""):
        async with client.request("GET", "/hello", headers={"X-Request-Id": bad}) as answer:
            assert answer.headers["X-Request-Id"] != bad
            assert len(answer.headers["X-Request-Id"]) == 16


async def test_lines_written_while_answering_carry_the_requests_id(serve, logged):
    async def talks() -> None:
        logger.info("in the middle")

    client = await serve([get("/talks", talks, open="static")])
    async with client.request("GET", "/talks", headers={"X-Request-Id": "abc"}):
        pass
    assert any("in the middle" in line and "'request_id': 'abc'" in line for line in logged)


# --- the log -----------------------------------------------------------------------------------------------------------------------


async def test_each_request_has_one_line_that_says_what_happened(serve, logged):
    client = await serve(ENDPOINTS)
    async with client.request("GET", "/hello?token=geheim", as_="ann", headers={"X-Request-Id": "abc"}):
        pass
    lines = [line for line in logged if "/hello" in line]
    assert len(lines) == 1
    for part in ("INFO GET /hello 200", "9 B", "127.0.0.1", "'request_id': 'abc'", "'user': 'ann'"):
        assert part in lines[0]
    assert "geheim" not in lines[0]


async def test_tickets_are_masked_wherever_they_stand(serve, logged, tickets, people):
    ticket = tickets.issue_daily("playback", people.session("ann"))
    client = await serve(ENDPOINTS)
    for path in (f"/play/{ticket}/master.m3u8", f"/nowhere/{ticket}", f"/play/{ticket}/x/y"):
        async with client.request("GET", path):
            pass
    lines = [line for line in logged if "GET" in line]
    assert len(lines) == 3
    assert not any(ticket in line for line in lines)
    assert all("/***" in line for line in lines)


def test_ids_and_names_are_not_taken_for_tickets():
    for path in (
        "/api/v1/movies/0190f1c4-0000-7000-8000-000000000000",
        "/static/app.0123456789abcdef0123456789abcdef.js",
        "/" + "a b" * 30,
    ):
        assert mask(path) == path
    assert mask("/a/" + "x" * 50 + "==/b") == "/a/***==/b"


async def test_a_line_break_in_a_path_forges_no_line(serve, logged):
    client = await serve(ENDPOINTS)
    await client.raw(b"GET /a%0aGET%20/forged HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert any("/a%0aGET%20/forged" in line for line in logged)


async def test_what_machines_ask_all_day_is_logged_quietly(serve, logged):
    client = await serve(ENDPOINTS)
    async with client.request("GET", "/health/live"):
        pass
    assert [line.partition(" ")[0] for line in logged if "/health/live" in line] == ["DEBUG"]


async def test_requests_are_counted_by_route_and_not_by_path(serve):
    counted = []
    client = await serve(ENDPOINTS, count=lambda *args: counted.append(args[:3]))
    for path in ("/hello", "/play/abc/master.m3u8", "/nowhere/1", "/nowhere/2"):
        async with client.request("GET", path):
            pass
    assert counted == [("GET", "/hello", 200), ("GET", "/play/{ticket}/master.m3u8", 200), ("GET", "-", 404), ("GET", "-", 404)]


# --- headers -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/hello", "/nowhere"])
async def test_every_answer_tells_browsers_what_not_to_do(serve, path):
    client = await serve(ENDPOINTS)
    async with client.request("GET", path) as answer:
        headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert policy["media-src"] == policy["worker-src"] == "'self' blob:"
    assert policy["img-src"] == "'self' data: blob:"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert "aiohttp" not in headers["Server"]


async def test_only_what_asks_for_it_may_compile(serve):
    async def compiling(request: web.Request) -> web.Response:
        request[COMPILES] = True
        return web.Response()

    client = await serve([get("/compiling", compiling, open="health"), *ENDPOINTS])
    for path, allowed in (("/compiling", "'self' 'wasm-unsafe-eval'"), ("/hello", "'self'")):
        async with client.request("GET", path) as answer:
            assert f"script-src {allowed};" in answer.headers["Content-Security-Policy"]


async def test_tls_is_demanded_for_the_future_only_where_it_is_used(serve):
    forwarded = {"X-Forwarded-Proto": "https"}
    believed = await serve(ENDPOINTS, server=ServerSettings(trusted_proxies=("127.0.0.0/8",)))
    async with believed.request("GET", "/hello", headers=forwarded) as answer:
        assert "Strict-Transport-Security" in answer.headers
    unknown = await serve(ENDPOINTS)
    async with unknown.request("GET", "/hello", headers=forwarded) as answer:
        assert "Strict-Transport-Security" not in answer.headers


async def test_no_other_origin_may_read_anything_of_a_node_that_is_alone(serve):
    client = await serve(ENDPOINTS)
    for method in ("GET", "OPTIONS"):
        async with client.request(method, "/hello", headers={"Origin": "http://evil"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert answer.status == (200 if method == "GET" else 405)


async def test_the_other_nodes_pages_may_and_no_one_else(serve):
    client = await serve(ENDPOINTS, others=lambda: ["http://other:8080"])
    async with client.request(
        "OPTIONS", "/hello", headers={"Origin": "http://other:8080", "Access-Control-Request-Method": "GET"}
    ) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "http://other:8080"
        assert "Range" in answer.headers["Access-Control-Allow-Headers"]
    async with client.request("GET", "/hello", headers={"Origin": "http://other:8080"}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "http://other:8080"
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "media-src 'self' blob: http://other:8080" in answer.headers["Content-Security-Policy"]
    async with client.request("GET", "/hello", headers={"Origin": "http://evil"}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_aiohttp_passes_the_next_step_by_the_name_handler(people, tickets):
    """A middleware whose second parameter is called anything else answers every request with 500, and says nothing."""
    app = web.Application()
    mount(app, [], Frame(authenticator=people, tickets=tickets))
    assert app.middlewares
    assert all(list(inspect.signature(middleware).parameters)[1] == "handler" for middleware in app.middlewares)


# --- where from --------------------------------------------------------------------------------------------------------------------

UNTRUSTED = ServerSettings()
TRUSTED = ServerSettings(trusted_proxies=("127.0.0.1", "10.0.0.0/8", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("server", "headers", "address"),
    [
        (UNTRUSTED, {}, "127.0.0.1"),
        (UNTRUSTED, {"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
        (TRUSTED, {}, "127.0.0.1"),
        (TRUSTED, {"X-Forwarded-For": "203.0.113.9"}, "203.0.113.9"),
        (TRUSTED, {"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.2.3"}, "203.0.113.9"),
        (TRUSTED, {"X-Forwarded-For": "203.0.113.9:4711"}, "203.0.113.9"),
        (TRUSTED, {"X-Forwarded-For": "::ffff:203.0.113.9"}, "203.0.113.9"),
        (TRUSTED, {"Forwarded": 'for="[2001:db8:cafe::17]:4711";proto=https, for=10.0.0.7'}, "2001:db8:cafe::17"),
        (TRUSTED, {"Forwarded": "for=198.51.100.17;by=10.0.0.1"}, "198.51.100.17"),
        (TRUSTED, {"X-Forwarded-For": "not an address"}, "local"),
    ],
)
async def test_the_clients_address_is_what_trusted_proxies_say_and_nobody_else(serve, server, headers, address):
    client = await serve(ENDPOINTS, server=server)
    async with client.request("GET", "/where", headers=headers) as answer:
        assert (await answer.json())["address"] == address


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Anything", "Via", "X-Real-IP"])
async def test_what_was_passed_on_is_never_from_this_machine(serve, name):
    for server in (UNTRUSTED, TRUSTED):
        client = await serve(ENDPOINTS, server=server)
        async with client.request("GET", "/where", headers={name: "for=127.0.0.1"}) as answer:
            assert (await answer.json())["loopback"] is False
        async with client.request("GET", "/where") as answer:
            assert (await answer.json())["loopback"] is True


@pytest.mark.parametrize(
    ("name", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.1", False), (None, True)],
)
def test_loopback_is_this_machine_by_any_of_its_names(name, loopback):
    request = make_mocked_request("GET", "/").clone(remote=name or "")
    assert peer.is_loopback(request) is loopback


def test_a_proxy_that_is_no_address_stops_the_start():
    with pytest.raises(StartRefused, match=r"trusted_proxies.*nas\.local"):
        peer.trusted(["nas.local"])


async def test_a_local_socket_is_trusted_when_told_so(serve):
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}).clone(remote="")
    request.app[peer.TRUSTED] = peer.trusted(["unix"])
    assert peer.client_address(request) == "203.0.113.9"
    assert peer.is_secure(request)


# --- cost --------------------------------------------------------------------------------------------------------------------------


async def test_the_frame_costs_little(serve):
    """Measured here with a wide margin; the goal of 0.05 ms is the benchmark's business."""
    client = await serve(ENDPOINTS)
    logger.disable("revenge")
    try:
        spent = process_time()
        for _ in range(200):
            async with client.request("GET", "/hello") as answer:
                await answer.read()
        spent = process_time() - spent
    finally:
        logger.enable("revenge")
    assert spent / 200 < 0.01
