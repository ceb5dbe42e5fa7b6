"""From a request to a handler's arguments. The signature is read once, when the endpoint is mounted."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Answer, Endpoint
from revenge.api.problems import TooLarge, UnsupportedType
from revenge.core.caller import Caller
from revenge.core.errors import Invalid, Malformed, NotFound, RevengeError

_PLACE = re.compile(r" - at `\$\.?(?P<place>.*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")
_PATH_NAME = re.compile(r"\{(\w+)")
_FORM = "application/x-www-form-urlencoded"
_UNSAID = frozenset({"application/octet-stream", "text/plain"})
"""What clients send that do not say what they send; taken for JSON."""
_MOST_FIELDS = 1000
"""Fields of a query or form; more is no honest request."""
_INT64 = 1 << 63
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""JSON's escaped NUL, but not an escaped backslash that `u0000` follows."""

Fill = Callable[[web.Request, Caller | None], Awaitable[Any]]


class Shape(Struct, frozen=True):
    """What a handler takes and gives: the material of the OpenAPI document."""

    path: dict[str, Any]
    query: type[Struct] | None
    body: Any
    body_required: bool
    returns: Any
    """The body's type; None when it answers 204, StreamResponse when it answers for itself."""
    wants_caller: bool


class Binder:
    """Fills a handler's parameters from requests."""

    def __init__(self, endpoint: Endpoint) -> None:
        signature = inspect.signature(endpoint.handler, eval_str=True)
        names = set(_PATH_NAME.findall(endpoint.path))
        if missing := names - set(signature.parameters):
            raise TypeError(f"{endpoint.method} {endpoint.path}: the handler takes no parameter named {', '.join(sorted(missing))}.")
        self._endpoint = endpoint
        self._now: list[tuple[str, Callable[[web.Request, Caller | None], Any]]] = []
        self._body: Callable[[web.Request], Awaitable[Any]] | None = None
        path: dict[str, Any] = {}
        query: type[Struct] | None = None
        body: Any = None
        required = wants_caller = False
        for name, parameter in signature.parameters.items():
            kind = parameter.annotation
            if kind is inspect.Parameter.empty:
                raise TypeError(f"{endpoint.method} {endpoint.path}: parameter {name} has no annotation.")
            if name in names:
                path[name] = kind
                self._now.append((name, _path_source(name, kind)))
            elif name == "query":
                query = kind
                self._now.append((name, _query_source(kind)))
            elif name == "body":
                body, required = kind, parameter.default is inspect.Parameter.empty
                self._body = _body_source(kind, endpoint, required=required)
            elif name == "caller":
                wants_caller = True
                _check_caller(endpoint, kind)
                self._now.append((name, lambda _request, caller: caller))
            elif name == "request":
                self._now.append((name, lambda request, _caller: request))
            else:
                raise TypeError(f"{endpoint.method} {endpoint.path}: nothing is known to fill the parameter {name} with.")
        self.shape = Shape(path, query, body, required, _returned(signature.return_annotation), wants_caller)

    async def bind(self, request: web.Request, caller: Caller | None) -> dict[str, Any]:
        """Return the handler's arguments; NotFound for an id that is none, Invalid or Malformed for wrong input."""
        arguments = {name: fill(request, caller) for name, fill in self._now}
        if self._body is not None:
            arguments["body"] = await self._body(request)
        return arguments


def _check_caller(endpoint: Endpoint, kind: Any) -> None:
    optional = NoneType in get_args(kind)
    if (endpoint.open is not None) != optional:
        want = "Caller | None" if endpoint.open else "Caller"
        raise TypeError(f"{endpoint.method} {endpoint.path}: the caller of this endpoint is annotated {want}.")


def _returned(kind: Any) -> Any:
    if get_origin(kind) is Answer:
        return get_args(kind)[0]
    return None if kind in (NoneType, inspect.Signature.empty) else kind


def _path_source(name: str, kind: Any) -> Callable[[web.Request, Caller | None], Any]:
    def read(request: web.Request, _caller: Caller | None) -> Any:
        text = request.match_info[name]
        try:
            value = msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError:
            raise NotFound(f"There is nothing here: {text[:80]!r} is no {_word(kind)}.") from None
        if "\0" in text or (isinstance(value, int) and abs(value) >= _INT64):
            raise NotFound("There is nothing at this address.")
        return value

    return read


def _word(kind: Any) -> str:
    return {UUID: "id", int: "number"}.get(kind, "valid name")


def _query_source(kind: type[Struct]) -> Callable[[web.Request, Caller | None], Any]:
    fields = _fields(kind)

    def read(request: web.Request, _caller: Caller | None) -> Any:
        raw = request.rel_url.raw_query_string
        return _convert({} if not raw else _gather(_pairs(raw), fields), kind)

    return read


class _Field(Struct, frozen=True):
    many: bool
    text: bool
    number: bool


def _fields(kind: type[Struct]) -> dict[str, _Field]:
    """How each field of a query struct is read from text, by its public name."""
    described = {}
    for field in msgspec.structs.fields(kind):
        kinds = alternatives(field.type)
        many = any(get_origin(one) in (list, tuple, set, frozenset) or one in (list, tuple, set, frozenset) for one in kinds)
        described[field.encode_name] = _Field(many, str in kinds, int in kinds)
    return described


def alternatives(kind: Any) -> tuple[Any, ...]:
    """The members of a union, without `Annotated`."""
    if get_origin(kind) is Annotated:
        return alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return tuple(inner for one in get_args(kind) for inner in alternatives(one))
    return (kind,)


def _pairs(raw: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Malformed("The query string cannot be read: it is not UTF-8, or has too many fields.") from None
    for name, value in pairs:
        if "\0" in value:
            raise Invalid(f"`{name}` contains a NUL character.", field=name)
    return pairs


def _gather(pairs: Sequence[tuple[str, str]], fields: Mapping[str, _Field]) -> dict[str, Any]:
    """Group values by field: lists may be repeated or written with commas, an empty value counts as not given unless it is text."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        field = fields.get(name)
        if field is None:
            continue  # another program's parameter is not our business
        if field.many:
            values.setdefault(name, []).extend(part for part in text.split(",") if part)
        elif text or field.text:
            if field.number and len(text) > 19:  # beyond 64 bits, where databases stop
                raise Invalid(f"`{name}`: the number is too large.", field=name)
            values[name] = text
    return values


def _convert(values: dict[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from None


def _body_source(kind: Any, endpoint: Endpoint, *, required: bool) -> Callable[[web.Request], Awaitable[Any]]:
    limit = endpoint.body_limit
    decoder = msgspec.json.Decoder(kind)
    struct = next((one for one in alternatives(kind) if isinstance(one, type) and issubclass(one, Struct)), None)
    form = _fields(struct) if endpoint.page and struct is not None else None

    async def read(request: web.Request) -> Any:
        raw = await read_body(request, limit)
        if not raw:
            if required:
                raise Malformed("This address wants a JSON body.")
            return None
        if form is not None and request.content_type == _FORM:
            return _convert(_gather(_form_pairs(raw), form), kind)
        if "json" not in request.content_type and request.content_type not in _UNSAID:
            raise UnsupportedType("Send the body as application/json.")
        return _decode(decoder, raw)

    return read


def _form_pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return _pairs(raw.decode("ascii"))
    except UnicodeDecodeError:
        raise Malformed("The form cannot be read.") from None


def _decode(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as error:
        _check_json(raw)  # it stopped at the first wrong value: what follows may be no JSON at all
        raise invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None
    if b"u0000" in raw and _NUL.search(raw):  # PostgreSQL cannot store it, and no honest text has it
        raise Invalid("The body contains a NUL character.")
    return value


def _check_json(raw: bytes) -> None:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None


def _malformed(error: Exception) -> Malformed:
    return Malformed(f"The body is no JSON: {error}.")


async def read_body(request: web.Request, limit: int) -> bytes:
    """Return the whole body, at most `limit` bytes of it; TooLarge beyond, however it is encoded or cut up."""
    check_length(request, limit)
    if not request.body_exists:
        return b""
    parts, size = [], 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts)


def check_length(request: web.Request, limit: int) -> None:
    """TooLarge when the announced length is beyond the limit, before a byte of it is read."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)


def too_large(limit: int) -> RevengeError:
    """The error for a body beyond `limit` bytes."""
    return TooLarge(f"The body is larger than this address takes ({limit} bytes).")


def invalid(error: msgspec.ValidationError) -> Invalid:
    """Return msgspec's finding as ours, naming the field."""
    text = str(error)
    place = _PLACE.search(text)
    where = place["place"] if place else ""
    if missing := _MISSING.search(text):
        where = ".".join(filter(None, (where, missing["field"])))
    sentence = _PLACE.sub("", text).replace("Object missing", "missing")
    return Invalid(f"`{where}`: {sentence}." if where else f"{sentence}.", field=where or None)
