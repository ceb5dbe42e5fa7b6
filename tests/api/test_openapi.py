"""The API's description: complete, well formed, and browsable by those who may."""

import json

import pytest
from aiohttp import web
from msgspec import Struct

from revenge.api.docs import DocsRoutes
from revenge.api.endpoint import Answer, get, post
from revenge.api.openapi import document, dump, text
from revenge.core.caller import Caller
from revenge.core.page import Page, PageQuery


class Film(Struct):
    """A film."""

    title: str
    year: int | None = None


class Query(PageQuery, frozen=True, kw_only=True):
    kinds: list[str] = []  # noqa: RUF012 - msgspec copies it


class Rooms:
    async def page(self, query: Query, caller: Caller) -> Page[Film]:
        """Films the caller may see.

        In the order asked for.
        """

    async def make(self, body: Film, caller: Caller) -> Film | None: ...
    async def change(self, id: int, caller: Caller, body: Film | None = None) -> None: ...
    async def login(self, body: Film) -> Answer[Film]: ...
    async def stream(self, caller: Caller) -> web.StreamResponse: ...
    async def secret(self, caller: Caller) -> Film: ...


def endpoints():
    rooms = Rooms()
    return [
        get("/api/v1/films", rooms.page, may="movies:read"),
        post("/api/v1/films", rooms.make, may="movies:edit", status=201),
        post("/api/v1/films/{id:[0-9]+}", rooms.change, may="movies:edit"),
        post("/api/v1/login", rooms.login, open="login"),
        get("/api/v1/films/stream", rooms.stream, may="movies:read"),
        get("/api/v1/secret", rooms.secret, may="movies:read", hidden=True),
    ]


@pytest.fixture(scope="module")
def api():
    return json.loads(text(endpoints()))


def test_what_is_hidden_stays_hidden_and_patterns_are_plain(api):
    assert list(api["paths"]) == ["/api/v1/films", "/api/v1/films/stream", "/api/v1/films/{id}", "/api/v1/login"]


def test_an_operation_tells_its_words_parameters_and_permission(api):
    operation = api["paths"]["/api/v1/films"]["get"]
    assert operation["summary"] == "Films the caller may see."
    assert operation["description"] == "In the order asked for."
    assert operation["x-permission"] == "movies:read"
    assert operation["security"] == [{"bearer": []}, {"cookie": []}]
    by_name = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert by_name["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert by_name["kinds"]["schema"]["type"] == "array"


def test_answers_bodies_and_problems_are_described(api):
    made = api["paths"]["/api/v1/films"]["post"]
    assert made["requestBody"]["required"] is True
    assert made["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Film"}
    assert {"201", "204", "401", "403", "409", "413", "422", "default"} <= set(made["responses"])
    changed = api["paths"]["/api/v1/films/{id}"]["post"]
    assert changed["requestBody"]["required"] is False
    assert "204" in changed["responses"]
    assert "404" in changed["responses"]
    assert api["paths"]["/api/v1/login"]["post"]["security"] == []
    assert "content" not in api["paths"]["/api/v1/films/stream"]["get"]["responses"]["200"]
    assert set(api["components"]["schemas"]) == {"Film", "FilmPage", "Problem"}


def test_every_reference_leads_somewhere_and_every_name_is_used_once(api):
    whole = json.dumps(api)
    for part in whole.split('"$ref": "')[1:]:
        place = api
        for step in part.split('"')[0].removeprefix("#/").split("/"):
            place = place[step]
    names = [operation["operationId"] for path in api["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_the_kept_file_is_the_same_from_run_to_run(tmp_path):
    dump(endpoints(), tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == text(reversed(endpoints()))
    assert json.loads((tmp_path / "a.json").read_text()) == document(endpoints())


# --- the page ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def site(serve, tickets):
    return await serve([*endpoints(), *DocsRoutes(endpoints(), tickets).endpoints()])


async def test_strangers_see_neither_description_nor_page(site):
    async with site.request("GET", "/api/v1/openapi.json") as answer:
        assert answer.status == 401
    async with site.request("GET", "/api/docs") as answer:
        assert answer.status == 303


async def test_everybody_who_is_signed_in_gets_the_description(site):
    for _ in range(2):
        async with site.request("GET", "/api/v1/openapi.json", as_="bob") as answer:
            assert (await answer.json())["openapi"] == "3.1.0"


async def test_the_page_has_nothing_inline_and_loads_from_here_only(site, tickets, people):
    async with site.request("GET", "/api/docs", as_="bob") as answer:
        assert answer.content_type == "text/html"
        html = await answer.text()
    assert tickets.derive("csrf", str(people.session("bob"))) in html
    assert "://" not in html
    assert "style=" not in html
    assert html.count("<script") == html.count('<script type="module" src="/api/docs/app.js"></script>') == 1
    for path, kind in (("/api/docs/app.js", "text/javascript"), ("/api/docs/app.css", "text/css")):
        async with site.request("GET", path) as answer:
            assert answer.status == 200
            assert answer.content_type == kind
            assert "://" not in await answer.text()
