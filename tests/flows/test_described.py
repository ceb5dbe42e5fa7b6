"""What the node answers is what its description says: every field named, of the type that was promised, and none besides."""

import re
from datetime import date, datetime
from uuid import UUID

import pytest

from tests.fixtures.client import CHROMIUM

_FORMS = {"uuid": UUID, "date-time": datetime.fromisoformat, "date": date.fromisoformat}
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


class Description:
    """The node's own OpenAPI document, and whether values are as it says."""

    def __init__(self, document):
        self.document = document

    def answer(self, method, path):
        """The schema of a success of this operation."""
        for pattern, operations in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path) and method.lower() in operations:
                responses = operations[method.lower()]["responses"]
                success = next(response for status, response in responses.items() if status.startswith("2"))
                return success["content"]["application/json"]["schema"]
        raise AssertionError(f"{method} {path} is not described")

    def wrong(self, value, schema, place="answer"):
        """Every way in which the value is not as the schema says."""
        if "$ref" in schema:
            return self.wrong(value, self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], place)
        if "anyOf" in schema:
            tries = [self.wrong(value, one, place) for one in schema["anyOf"]]
            return [] if [] in tries else [f"{place}: {value!r} is none of {len(tries)} kinds", *min(tries, key=len)]
        kinds = schema.get("type", list(_TYPES))
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not any(isinstance(value, _TYPES[kind]) and not (kind in {"integer", "number"} and isinstance(value, bool)) for kind in kinds):
            return [f"{place}: {value!r} is no {kinds}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{place}: {value!r} is not one of {schema['enum']}"]
        if isinstance(value, dict):
            return self._fields(value, schema, place)
        if isinstance(value, list) and "items" in schema:
            return [one for at, item in enumerate(value) for one in self.wrong(item, schema["items"], f"{place}[{at}]")]
        if isinstance(value, str) and schema.get("format") in _FORMS:
            _FORMS[schema["format"]](value.replace("Z", "+00:00"))
        return []

    def _fields(self, value, schema, place):
        named = schema.get("properties", {})
        found = [f"{place}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, inner in value.items():
            if name in named:
                found += self.wrong(inner, named[name], f"{place}.{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                found += self.wrong(inner, schema["additionalProperties"], f"{place}.{name}")
            elif named:
                found.append(f"{place}: {name} is not described")
        return found


@pytest.fixture(scope="module")
def description(node):
    return Description(node.admin.get("/api/v1/openapi.json"))


def test_answers_are_as_described(node, shelf, description):
    admin = node.admin
    movie = admin.movie("The Third Man", library=shelf["id"])
    session = admin.play(movie, agent=CHROMIUM)
    admin.post(f"/api/v1/playback/sessions/{session['id']}/progress", {"position_ms": 5000, "state": "playing"})
    paths = (
        "/api/v1/setup", "/api/v1/users/me", "/api/v1/sessions", "/api/v1/admin/users", "/api/v1/libraries",
        f"/api/v1/libraries/{shelf['id']}", f"/api/v1/libraries/{shelf['id']}/scans", "/api/v1/libraries/folders",
        f"/api/v1/scans/{shelf['scan']['id']}", f"/api/v1/scans/{shelf['scan']['id']}/errors", "/api/v1/movies",
        *(f"/api/v1/movies/{one['id']}" for one in admin.movies(library=shelf["id"])), "/api/v1/search?q=metropolis",
        "/api/v1/playback/sessions", f"/api/v1/playback/sessions/{session['id']}", "/api/v1/playback/continue-watching",
        "/api/v1/admin/cluster",
    )  # fmt: skip
    wrong = [
        f"{path} {one}" for path in paths for one in description.wrong(admin.get(path), description.answer("GET", path.partition("?")[0]))
    ]
    assert wrong == []
    admin.delete(f"/api/v1/movies/{movie['id']}/progress")


def test_answers_to_what_changes_something_are_as_described(node, description, tmp_path):
    def told(method, path, body=None):
        answer = node.admin.answer(method, path, body)
        assert answer.is_success, answer.text
        assert description.wrong(answer.json(), description.answer(method, path)) == [], path
        return answer.json()

    library = told("POST", "/api/v1/libraries", {"name": "Described", "kind": "movie", "paths": [str(tmp_path)]})
    told("PATCH", f"/api/v1/libraries/{library['id']}", {"name": "Described anew"})
    scan = told("POST", f"/api/v1/libraries/{library['id']}/scan")
    told("POST", f"/api/v1/scans/{scan['id']}/cancel")
    told("POST", "/api/v1/events/ticket")
    tokens = told("POST", "/api/v1/auth/login", {"username": "anna", "password": "correct horse battery"})
    told("POST", "/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    node.admin.delete(f"/api/v1/libraries/{library['id']}")


def test_refusals_are_as_described(node, description):
    schema = description.document["components"]["schemas"]["Problem"]
    for answer in (
        node.stranger().answer("GET", "/api/v1/movies"),
        node.admin.answer("GET", "/api/v1/movies?limit=0"),
        node.admin.answer("POST", "/api/v1/libraries", content=b"{"),
        node.admin.answer("GET", "/api/v1/nothing"),
    ):
        assert description.wrong(answer.json(), schema) == [], answer.text
