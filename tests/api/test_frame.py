"""Callers, arguments, answers and errors, as a program at the other end of HTTP sees them."""

import asyncio
import json
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from msgspec import Meta, Struct

from revenge.api.endpoint import Answer, Cookie, get, patch, post, put
from revenge.api.endpoint import delete as delete_
from revenge.api.mount import MOUNTED, endpoint_of, mount
from revenge.api.problems import TooLarge
from revenge.api.settings import ServerSettings
from revenge.core.caller import Caller
from revenge.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated, Unavailable, absent
from revenge.core.page import Page, PageQuery


class Colour(StrEnum):
    RED = "red"


class Search(PageQuery, frozen=True, kw_only=True):
    kinds: tuple[str, ...] = ()
    years: Annotated[tuple[int, ...], Meta(max_length=3)] = ()
    library: UUID | None = None
    colour: Colour | None = None
    q: str | None = None
    deep: bool = False


class Film(Struct):
    title: Annotated[str, Meta(min_length=1, max_length=20)]
    year: int | None = None
    people: list[str] = []


class Room:
    """A room with one endpoint of each kind."""

    def endpoints(self):
        return [
            get("/api/v1/films", self.page, may="movies:read"),
            get("/api/v1/films/newest", self.newest, may="movies:read"),
            get("/api/v1/films/{id}", self.show, may="movies:read"),
            post("/api/v1/films", self.make, may="movies:edit", status=201),
            patch("/api/v1/films/{id}", self.change, may="movies:read", body_limit=64),
            delete_("/api/v1/films/{id}", self.remove, may="movies:read"),
            get("/api/v1/segments/{n}/{name}", self.segment, may="movies:read"),
            get("/hello", self.hello, open="static"),
            post("/api/v1/login", self.login, open="login"),
            put("/api/v1/optional", self.optional, may="movies:read"),
            get("/page", self.page_for_people, may="movies:read", page=True),
            post("/page", self.form, may="movies:read", page=True),
        ]

    async def page(self, query: Search, caller: Caller) -> Page[str]:
        """Films."""
        return Page([f"{caller.username} {query}"], None)

    async def newest(self, caller: Caller) -> list[str]:
        return ["newest"]

    async def show(self, id: UUID, caller: Caller) -> Film:
        return Film(str(id))

    async def make(self, body: Film, caller: Caller) -> Film:
        return body

    async def change(self, id: UUID, body: Film, caller: Caller) -> Film:
        return body

    async def remove(self, id: UUID, caller: Caller) -> None:
        """Remove."""

    async def segment(self, n: int, name: str, caller: Caller) -> list[str]:
        return [str(n), name]

    async def hello(self, caller: Caller | None) -> dict[str, str]:
        return {"name": caller.username if caller else "stranger"}

    async def login(self, body: Film) -> Answer[dict[str, str]]:
        return Answer(body={"a": "b"}, headers={"X-A": "1"}, cookies=(Cookie("revenge_session", "ann", max_age=60),))

    async def optional(self, caller: Caller, body: Film | None = None) -> dict[str, bool]:
        return {"given": body is not None}

    async def page_for_people(self, caller: Caller, request: web.Request) -> web.Response:
        return web.Response(text="<p>hello</p>", content_type="text/html")

    async def form(self, caller: Caller, body: Film) -> web.Response:
        return web.Response(text=body.title)


@pytest.fixture
async def room(serve):
    return await serve(Room().endpoints())


async def problem(answer):
    assert answer.content_type == "application/problem+json"
    found = await answer.json(content_type=None)
    assert found["request_id"] == answer.headers["X-Request-Id"]
    assert found["status"] == answer.status
    assert found["type"] == f"urn:revenge:problem:{found['code']}"
    return found


# --- who may come in ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/films/no-id"), ("POST", "/api/v1/films"), ("GET", "/api/v1/films?limit=x")])
async def test_a_stranger_is_asked_to_sign_in_before_anything_else_is_looked_at(room, method, path):
    async with room.request(method, path, data=b"{ this is no JSON") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await problem(answer))["code"] == "unauthenticated"


async def test_a_made_up_token_is_refused(room):
    async with room.request("GET", "/api/v1/films", as_="mallory") as answer:
        assert answer.status == 401


async def test_the_session_cookie_signs_in_for_reading(room):
    async with room.request("GET", "/api/v1/films/newest", headers={"Cookie": "a=b; revenge_session=ann"}) as answer:
        assert answer.status == 200


async def test_a_proxys_basic_credential_does_not_hide_the_cookie(room):
    headers = {"Authorization": "Basic eDp5", "Cookie": "revenge_session=ann"}
    async with room.request("GET", "/api/v1/films/newest", headers=headers) as answer:
        assert answer.status == 200


async def test_a_wrong_token_is_not_rescued_by_a_good_cookie(room):
    async with room.request("GET", "/api/v1/films/newest", as_="mallory", headers={"Cookie": "revenge_session=ann"}) as answer:
        assert answer.status == 401


async def test_a_write_by_cookie_wants_the_csrf_header(room, tickets, people):
    cookie = {"Cookie": "revenge_session=ann"}
    async with room.request("POST", "/api/v1/films", json={"title": "x"}, headers=cookie) as answer:
        assert answer.status == 403
        assert (await problem(answer))["code"] == "csrf"
    token = tickets.derive("csrf", str(people.session("ann")))
    async with room.request("POST", "/api/v1/films", json={"title": "x"}, headers=cookie | {"X-CSRF-Token": token}) as answer:
        assert answer.status == 201


async def test_who_is_not_permitted_is_told_which_permission_is_missing(room):
    async with room.request("POST", "/api/v1/films", as_="bob", json={"title": "x"}) as answer:
        assert answer.status == 403
        assert "movies:edit" in (await problem(answer))["detail"]


async def test_an_open_door_knows_its_friends_and_lets_strangers_in(room):
    for who, name in ((None, "stranger"), ("ann", "ann"), ("mallory", "stranger")):
        async with room.request("GET", "/hello", as_=who) as answer:
            assert await answer.json() == {"name": name}


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another program on the same machine
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://revenge.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://revenge.example.evil.example"},
        {"Origin": "http://revenge.example:8081"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://[broken"},
        {"Origin": "http://revenge.example:port"},
        {"Origin": "null", "X-Forwarded-Host": "["},
    ],
)
async def test_another_sites_form_cannot_sign_anybody_in(room, sent):
    headers = {"Host": "revenge.example", **sent}
    async with room.request("POST", "/api/v1/login", json={"title": "x"}, headers=headers) as answer:
        assert answer.status == 403
        assert (await problem(answer))["code"] == "foreign_page"


@pytest.mark.parametrize(
    "sent",
    [
        {},  # a program
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://revenge.example"},
        {"Origin": "http://REVENGE.example:80"},
        {"Origin": "https://revenge.example", "Host": "revenge.example:443"},
        {"Origin": "http://[fd00::1]:8080", "Host": "[fd00::1]:8080"},
        {"Origin": "https://media.example", "Host": "10.0.0.2:8080", "X-Forwarded-Host": "media.example"},
        {"Origin": "https://media.example", "Host": "10.0.0.2:8080", "Forwarded": "for=1.2.3.4;host=media.example"},
        {"Origin": "https://films.example:8443", "Host": "10.0.0.2:8080"},
    ],
)
async def test_our_own_page_signs_in_whatever_the_node_is_called(serve, sent):
    room = await serve(Room().endpoints(), server=ServerSettings(public_url="https://films.example:8443/"))
    headers = {"Host": "revenge.example", **sent}
    async with room.request("POST", "/api/v1/login", json={"title": "x"}, headers=headers) as answer:
        assert answer.status == 200


async def test_a_stranger_who_wants_a_page_is_led_to_the_sign_in_page_and_back(room):
    async with room.request("GET", "/page?a=b") as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/login?next=/page%3Fa%3Db"


# --- arguments ---------------------------------------------------------------------------------------------------------------------


async def test_query_fields_are_read_by_their_types(room):
    path = "/api/v1/films?kinds=a,b&kinds=c&years=1999,2001&limit=7&colour=red&deep=true&q=&library=&from_elsewhere=1"
    async with room.request("GET", path, as_="ann") as answer:
        text = (await answer.json())["items"][0]
    for part in ("kinds=('a', 'b', 'c')", "years=(1999, 2001)", "limit=7", "RED", "deep=True", "q=''", "library=None"):
        assert part in text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("offset=99999999999999999999999", "offset"),
        ("years=1,2,x", "years[2]"),
        ("years=1,2,3,4", "years"),
        ("colour=blue", "colour"),
        ("library=7", "library"),
        ("q=a%00b", "q"),
    ],
)
async def test_a_wrong_query_value_is_named(room, query, field):
    async with room.request("GET", f"/api/v1/films?{query}", as_="ann") as answer:
        assert answer.status == 422
        found = await problem(answer)
    assert found["field"] == field
    assert f"`{field}`" in found["detail"]


async def test_a_query_that_is_no_text_is_malformed(room):
    answer = await room.raw(b"GET /api/v1/films?q=%ff HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_an_id_that_is_none_is_simply_not_there(room):
    async with room.request("GET", "/api/v1/films/42", as_="ann") as answer:
        assert answer.status == 404
        await problem(answer)


@pytest.mark.parametrize("n", ["x", "-", "9" * 30])
async def test_a_segment_number_that_is_none_is_not_there(room, n):
    async with room.request("GET", f"/api/v1/segments/{n}/a", as_="ann") as answer:
        assert answer.status == 404


async def test_a_plain_path_wins_over_a_pattern(room):
    async with room.request("GET", "/api/v1/films/newest", as_="ann") as answer:
        assert await answer.json() == ["newest"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"title": 3}', 422, "title"),
        (b'{"title": ""}', 422, "title"),
        (b"{}", 422, "title"),
        (b'{"title": "x", "people": ["a", 1]}', 422, "people[1]"),
        (b"[]", 422, None),
        (b'{"title": "a\\u0000b"}', 422, None),
        (b'{"title": ', 400, None),
        (b'{"title": 3', 400, None),
        (b'{"title": "x"} y', 400, None),
        (b"{} y", 400, None),
        (b'{"title": "\xff"}', 400, None),
        (b'{"title": "\\ud800"}', 400, None),
        (b"", 400, None),
        (b'{"unknown": ' + b"[" * 100_000, 400, None),
    ],
)
async def test_a_wrong_body_is_answered_with_what_is_wrong(room, body, status, field):
    async with room.request("POST", "/api/v1/films", as_="ann", data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == status
        assert (await problem(answer)).get("field") == field


@pytest.mark.parametrize("title", ["\\u0000", "C:\\u0000\\"])
async def test_a_text_that_only_looks_like_nul_is_taken(room, title):
    async with room.request("POST", "/api/v1/films", as_="ann", json={"title": title}) as answer:
        assert (await answer.json())["title"] == title


async def test_a_form_is_not_taken_for_json(room):
    async with room.request("POST", "/api/v1/films", as_="ann", data={"title": "x"}) as answer:
        assert answer.status == 415


async def test_json_is_read_even_when_the_client_does_not_say_that_it_is(room):
    async with room.request("POST", "/api/v1/films", as_="ann", data=b'{"title":"x"}') as answer:
        assert answer.status == 201


async def test_a_page_takes_a_form(room):
    async with room.request("POST", "/page", as_="ann", data={"title": "Ünïcode & more"}) as answer:
        assert await answer.text() == "Ünïcode & more"


async def test_a_body_may_be_optional(room):
    async with room.request("PUT", "/api/v1/optional", as_="ann") as answer:
        assert await answer.json() == {"given": False}


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_beyond_the_limit_is_refused_however_it_is_sent(room, chunked):
    async def pieces():
        for _ in range(10):
            yield b"x" * 32

    body = pieces() if chunked else b"x" * 320
    async with room.request("PATCH", f"/api/v1/films/{uuid4()}", as_="ann", data=body) as answer:
        assert answer.status == 413
        assert (await problem(answer))["code"] == "too_large"


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(room):
    import gzip

    packed = gzip.compress(b"x" * 100_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    async with room.request("PATCH", f"/api/v1/films/{uuid4()}", as_="ann", data=packed[:64] + packed[64:], headers=headers) as answer:
        assert answer.status == 413


async def test_a_client_that_asks_first_is_told_to_send_only_when_the_body_is_wanted(room):
    ask = (
        "PATCH /api/v1/films/{id} HTTP/1.1\r\nHost: x\r\n{who}Content-Type: application/json\r\n"
        "Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n"
    )
    for who, size, first in (("Authorization: Bearer ann\r\n", 13, 100), ("Authorization: Bearer ann\r\n", 5000, 413), ("", 13, 401)):
        reader, writer = await asyncio.open_connection(room.host, room.port)
        writer.write(ask.format(id=uuid4(), who=who, size=size).encode())
        assert int((await reader.readline()).split()[1]) == first
        if first == 100:
            await reader.readline()
            writer.write(b'{"title":"x"}')
            assert int((await reader.readline()).split()[1]) == 200
        writer.close()


# --- answers -----------------------------------------------------------------------------------------------------------------------


async def test_success_has_the_status_that_was_declared(room):
    async with room.request("POST", "/api/v1/films", as_="ann", json={"title": "x"}) as answer:
        assert answer.status == 201
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.json() == {"title": "x", "year": None, "people": []}
    async with room.request("DELETE", f"/api/v1/films/{uuid4()}", as_="ann") as answer:
        assert answer.status == 204


async def test_an_answer_may_set_headers_and_cookies_that_scripts_cannot_read(room):
    async with room.request("POST", "/api/v1/login", json={"title": "x"}) as answer:
        assert answer.headers["X-A"] == "1"
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # this connection is not TLS


async def test_head_is_answered_like_get_without_the_body(room):
    async with (
        room.request("GET", "/api/v1/films/newest", as_="ann") as got,
        room.request("HEAD", "/api/v1/films/newest", as_="ann") as head,
    ):
        assert head.status == 200
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert await head.read() == b""


async def test_a_wrong_method_is_told_the_right_ones(room):
    async with room.request("PUT", f"/api/v1/films/{uuid4()}", as_="ann") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "DELETE,GET,HEAD,PATCH"
        assert (await problem(answer))["code"] == "method_not_allowed"


async def test_a_stranger_does_not_learn_which_addresses_of_the_api_there_are(room):
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Accept": "text/html"}):
        async with room.request("GET", "/api/v1/nothing", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"]
            await problem(answer)


async def test_nothing_at_an_address_is_a_problem_for_programs_and_a_page_for_people(room):
    async with room.request("GET", "/api/v1/nothing", as_="ann") as answer:
        assert answer.status == 404
        await problem(answer)
    async with room.request("GET", "/nothing", headers={"Accept": "text/html"}) as answer:
        assert answer.status == 404
        assert answer.content_type == "text/html"


async def test_what_is_no_http_gets_a_problem_document_too(room):
    answer = await room.raw(b"GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"400"
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "malformed"


# --- errors ------------------------------------------------------------------------------------------------------------------------

MAPPED = [
    (NotFound("x"), 404, None),
    (Conflict("x"), 409, None),
    (Invalid("x", field="paths[0]"), 422, None),
    (Forbidden("x"), 403, None),
    (Unauthenticated("x", code="ticket_expired"), 401, None),
    (TooMany("x", retry_after=17), 429, "17"),
    (TooMany("x"), 429, "5"),
    (Unavailable("x"), 503, "5"),
    (TooLarge("x"), 413, None),
    (OSError(28, "No space left on device"), 503, "5"),
    (OSError(30, "Read-only file system"), 503, "5"),
    (web.HTTPForbidden(), 403, None),
]


@pytest.mark.parametrize(("error", "status", "retry"), MAPPED, ids=lambda value: type(value).__name__)
async def test_each_error_has_its_status(serve, error, status, retry):
    async def handler(caller: Caller) -> None:
        raise error

    client = await serve([get("/api/v1/x", handler, may="movies:read")])
    async with client.request("GET", "/api/v1/x", as_="ann") as answer:
        assert answer.status == status
        assert answer.headers.get("Retry-After") == retry
        found = await problem(answer)
    assert found["code"] == getattr(error, "code", found["code"])
    assert found.get("field") == getattr(error, "field", None)


@pytest.mark.parametrize(
    "error", [RuntimeError("the secret is swordfish"), ConnectionRefusedError("database"), TimeoutError(), KeyError("x")]
)
async def test_an_unforeseen_error_is_logged_in_full_and_told_without_details(serve, error, logged):
    async def handler(caller: Caller) -> None:
        raise error

    client = await serve([get("/api/v1/x", handler, may="movies:read")])
    async with client.request("GET", "/api/v1/x", as_="ann") as answer:
        assert answer.status == 500
        found = await problem(answer)
    assert found["code"] == "internal"
    assert "swordfish" not in str(found)
    assert any(type(error).__name__ in line and "Traceback" in line for line in logged)
    assert any(found["request_id"] in line for line in logged)


async def test_an_answer_that_broke_off_closes_the_connection_instead_of_looking_whole(serve):
    async def handler(caller: Caller, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise RuntimeError("the other half is lost")

    client = await serve([get("/api/v1/x", handler, may="movies:read")])
    answer = await client.raw(b"GET /api/v1/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n\r\n")
    assert b"half" in answer
    assert not answer.endswith(b"0\r\n\r\n")


async def test_a_redirect_is_not_an_error(serve):
    async def handler() -> web.Response:
        raise web.HTTPFound("/elsewhere")

    client = await serve([get("/x", handler, open="static")])
    async with client.request("GET", "/x") as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == "/elsewhere"


def test_absence_names_the_thing():
    with pytest.raises(NotFound, match="no film 7"):
        absent("film", 7)


# --- declarations ------------------------------------------------------------------------------------------------------------------


async def no_annotation(caller) -> None: ...
async def unknown(caller: Caller, something: int) -> None: ...
async def optional_caller(caller: Caller | None) -> None: ...
async def forgets_id(caller: Caller) -> None: ...


@pytest.mark.parametrize(("path", "handler"), [("/a", no_annotation), ("/a", unknown), ("/a", optional_caller), ("/a/{id}", forgets_id)])
def test_a_declaration_that_does_not_add_up_stops_the_start(serve, people, tickets, path, handler):
    from revenge.api.mount import Frame

    with pytest.raises(TypeError, match=path.replace("{", r"\{")):
        mount(web.Application(), [get(path, handler, may="x")], Frame(authenticator=people, tickets=tickets))


@pytest.mark.parametrize("doors", [{}, {"may": "x", "open": "static"}, {"open": "because"}])
def test_a_door_is_either_guarded_or_open_for_a_listed_reason(doors):
    with pytest.raises(ValueError, match="/x"):
        get("/x", forgets_id, **doors)


async def test_every_route_of_an_application_leads_to_its_endpoint(room):
    app = room.runner.app
    routes = list(app.router.routes())
    assert {endpoint_of(route).path for route in routes} == {mounted.endpoint.path for mounted in app[MOUNTED]}
    assert sum(route.method == "HEAD" for route in routes) == sum(route.method == "GET" for route in routes)
