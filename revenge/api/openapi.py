"""The API's description, OpenAPI 3.1, made from the endpoints themselves: what is mounted is what is described."""

import re
from collections.abc import Iterable
from inspect import cleandoc
from pathlib import Path
from types import NoneType
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from revenge import __version__
from revenge.api.binding import Binder, Shape, alternatives
from revenge.api.door import COOKIE, CSRF_HEADER
from revenge.api.endpoint import Endpoint
from revenge.api.problems import CONTENT_TYPE as PROBLEM
from revenge.api.problems import Problem

_REGEX = re.compile(r"\{(\w+):[^{}]*\}")
_GENERIC = re.compile(r"([A-Z]\w*?)_(\w+)_")
_REF = "#/components/schemas/{name}"
_PROBLEMS = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or not any more.",
    403: "The account may not do this.",
    404: "It does not exist, or not for this account.",
    409: "It clashes with what is there.",
    413: "The body is too large.",
    422: "The input is wrong; `field` names where.",
    429: "Asked too often; `Retry-After` says when to come back.",
    503: "A part that is needed does not work now; `Retry-After` says when to come back.",
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"The pages' session. Whatever writes also needs the header `{CSRF_HEADER}`.",
    },
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Describe the endpoints that are not hidden."""
    shown = [(endpoint, Binder(endpoint).shape) for endpoint in endpoints if not endpoint.hidden]
    schemas = _Schemas(kind for _, shape in shown for kind in _kinds(shape))
    paths: dict[str, Any] = {}
    used: set[str] = set()
    for endpoint, shape in sorted(shown, key=lambda pair: (pair[0].path, pair[0].method)):
        path = paths.setdefault(_REGEX.sub(r"{\1}", endpoint.path), {})
        path[endpoint.method.lower()] = _operation(endpoint, shape, schemas, used)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Revenge", "version": __version__, "summary": "A self-hosted media appliance."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": {str(status): _problem(status) for status in _PROBLEMS},
            "securitySchemes": _SECURITY,
        },
    }


def dump(endpoints: Iterable[Endpoint], path: Path) -> None:
    """Write the description to a file, stable from run to run."""
    path.write_text(text(endpoints), encoding="utf-8")


def text(endpoints: Iterable[Endpoint]) -> str:
    """The description as it is kept in a repository: indented, ending with a line break."""
    return msgspec.json.format(msgspec.json.encode(document(endpoints)), indent=2).decode() + "\n"


class _Schemas:
    """JSON Schema for every type that is spoken of, each struct once."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        self._kinds = [Problem, *kinds]
        made, components = msgspec.json.schema_components(self._kinds, ref_template=_REF)
        names = _names(components)
        self._made = [_renamed(schema, names) for schema in made]
        self.components = {names[name]: _renamed(schema, names) for name, schema in components.items()}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type that was announced."""
        return dict(self._made[next(place for place, known in enumerate(self._kinds) if known is kind or known == kind)])


def _names(components: Iterable[str]) -> dict[str, str]:
    """Names a person would give: `Page_Film_` is a FilmPage; two structs named Session tell whose they are."""
    names: dict[str, str] = {}
    for name in components:
        path, _, last = name.rpartition(".")
        generic = _GENERIC.fullmatch(last)
        plain = "".join(reversed(generic.groups())) if generic else last
        room = path.split(".")[-2].title().replace("_", "") if path.count(".") > 1 else ""
        names[name] = plain if plain.startswith(room) else room + plain
    return names


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: _REF.format(name=names[inner.rpartition("/")[2]]) if key == "$ref" else _renamed(inner, names)
            for key, inner in schema.items()
        }
    return [_renamed(one, names) for one in schema] if isinstance(schema, list | tuple) else schema


def _kinds(shape: Shape) -> list[Any]:
    kinds = [*shape.path.values()]
    if shape.query is not None:
        kinds += [field.type for field in msgspec.structs.fields(shape.query)]
    return kinds + [kind for kind in (_plain(shape.body), _json(shape.returns)) if kind is not None]


def _plain(kind: Any) -> Any:
    """The type without `None`: what a body is when it is there."""
    if NoneType not in alternatives(kind):
        return kind
    left = [one for one in alternatives(kind) if one is not NoneType]
    return left[0] if len(left) == 1 else None


def _json(kind: Any) -> Any:
    """The type of a JSON answer; None for streams, pages and nothing."""
    kind = _plain(kind)
    return None if kind is None or (isinstance(kind, type) and issubclass(kind, web.StreamResponse)) else kind


def _operation(endpoint: Endpoint, shape: Shape, schemas: _Schemas, used: set[str]) -> dict[str, Any]:
    summary, _, rest = cleandoc(endpoint.handler.__doc__ or "").partition("\n")
    tag = _tag(endpoint)
    described: dict[str, Any] = {"operationId": _operation_id(endpoint, tag, used), "tags": [tag], "summary": summary.strip()}
    if rest.strip():
        described["description"] = rest.strip()
    if parameters := [*_path_parameters(shape, schemas), *_query_parameters(shape.query, schemas)]:
        described["parameters"] = parameters
    if shape.body is not None:
        body = {"application/json": {"schema": schemas.of(_plain(shape.body))}}
        described["requestBody"] = {"required": shape.body_required, "content": body}
    described["responses"] = _responses(endpoint, shape, schemas)
    described["security"] = [{name: []} for name in _SECURITY] if endpoint.may else []
    if endpoint.may:
        described["x-permission"] = endpoint.may
    return described


def _tag(endpoint: Endpoint) -> str:
    return endpoint.path.removeprefix("/api/v1").strip("/").partition("/")[0] or "node"


def _operation_id(endpoint: Endpoint, tag: str, used: set[str]) -> str:
    name = f"{tag.replace('-', '_')}_{endpoint.handler.__name__.strip('_')}"
    if name in used:
        name = f"{name}_{endpoint.method.lower()}"
    while name in used:
        name += "_"
    used.add(name)
    return name


def _path_parameters(shape: Shape, schemas: _Schemas) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": schemas.of(kind)} for name, kind in shape.path.items()]


def _query_parameters(query: type[Struct] | None, schemas: _Schemas) -> list[dict[str, Any]]:
    if query is None:
        return []
    parameters = []
    for field in msgspec.structs.fields(query):
        schema = schemas.of(field.type)
        if not field.required and isinstance(field.default, str | int | float | bool):
            schema["default"] = msgspec.to_builtins(field.default)
        parameters.append({"name": field.encode_name, "in": "query", "required": field.required, "schema": schema})
    return parameters


def _responses(endpoint: Endpoint, shape: Shape, schemas: _Schemas) -> dict[str, Any]:
    kind = _json(shape.returns)
    responses: dict[str, Any] = {}
    if kind is not None:
        content = {"application/json": {"schema": schemas.of(kind)}}
        responses[str(endpoint.status)] = {"description": "Done.", "content": content}
    elif shape.returns is not None:
        responses[str(endpoint.status)] = {"description": "Done; the body is a stream or a file."}
    if shape.returns is None or NoneType in alternatives(shape.returns):
        responses["204"] = {"description": "Done; there is nothing to say."}
    responses |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in _possible(endpoint, shape)}
    return responses | {"default": {"description": "Something went wrong.", "content": _problem_content()}}


def _possible(endpoint: Endpoint, shape: Shape) -> list[int]:
    """Problems that this endpoint can answer with, as far as its declaration tells."""
    possible = {401, 403} if endpoint.may else set()
    if shape.path:
        possible.add(404)
    if shape.query is not None:
        possible |= {400, 422}
    if shape.body is not None:
        possible |= {400, 413, 422}
    if endpoint.method != "GET":
        possible.add(409)
    return sorted(possible | {429, 503})


def _problem(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {"description": _PROBLEMS[status], "content": _problem_content()}
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return described


def _problem_content() -> dict[str, Any]:
    return {PROBLEM: {"schema": {"$ref": _REF.format(name="Problem")}}}
