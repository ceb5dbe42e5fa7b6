"""An endpoint as data: method, path, handler, who may use it, how urgent it is.

A handler is a bound method. Its parameter names and annotations are the contract (`api/binding.py` reads them once):
path parameters by name, `query`, `body`, `caller`, `request`. Its first docstring line is the OpenAPI summary.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

from revenge.core.qos import Qos

Handler = Callable[..., Awaitable[Any]]
T = TypeVar("T")

BODY_LIMIT = 1 << 20
"""Bytes a request body may have unless the endpoint says otherwise."""

OPEN = frozenset(
    {
        "health",
        "metrics",
        "static",
        "setup",
        "login",
        "refresh",
        "reset",
        "verify",
        "invitation",
        "device",
        "passkey",
        "oidc",
        "share",
        "webhook",
        "ticket",
    }
)
"""The only reasons to let a stranger in; each such endpoint brings its own secret or rate limit."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """One route. Made by `get`, `post`, `put`, `patch` and `delete`."""

    method: str
    path: str
    """aiohttp's pattern: `/api/v1/movies/{id}`."""
    handler: Handler
    may: str | None
    """The permission a caller needs (`movies:read`); None only where `open` gives a reason."""
    open: str | None
    """Why a stranger may come in: one of `OPEN`."""
    qos: Qos
    status: int
    """Status of a success that has a body; a handler that returns None answers 204."""
    body_limit: int
    """Bytes."""
    page: bool
    """Made for people: a stranger is led to the sign-in page, errors are HTML."""
    hidden: bool
    """Left out of the OpenAPI document."""
    always: bool
    """A write that goes on where a node is read-only: signing in and out, and watching."""
    moves: bool
    """A piece of a stream that players fetch from any node: not from one that is about to go."""


class Answer(Struct, Generic[T], frozen=True, kw_only=True):
    """A JSON answer that also sets headers, cookies or a status of its own; OpenAPI sees `T`."""

    body: T
    status: int | None = None
    headers: Mapping[str, str] = {}
    cookies: tuple["Cookie", ...] = ()


class Cookie(Struct, frozen=True):
    """A cookie to set; an empty value with `max_age` 0 deletes it. Always HttpOnly and SameSite=Lax; Secure when the request came by TLS."""

    name: str
    value: str
    max_age: int | None = None
    """Seconds; None ends with the browser session."""
    path: str = "/"


def get(path: str, handler: Handler, **options: Any) -> Endpoint:
    """Endpoint that reads; HEAD is answered by the same handler. Options: `may`, `open`, `qos`, `status`, `body_limit`, `hidden`, `page`, `always`, `moves`."""
    return _endpoint("GET", path, handler, **options)


def post(path: str, handler: Handler, **options: Any) -> Endpoint:
    """Endpoint that makes or does something. Options as for `get`."""
    return _endpoint("POST", path, handler, **options)


def put(path: str, handler: Handler, **options: Any) -> Endpoint:
    """Endpoint that sets the whole of a thing. Options as for `get`."""
    return _endpoint("PUT", path, handler, **options)


def patch(path: str, handler: Handler, **options: Any) -> Endpoint:
    """Endpoint that changes what is sent. Options as for `get`."""
    return _endpoint("PATCH", path, handler, **options)


def delete(path: str, handler: Handler, **options: Any) -> Endpoint:
    """Endpoint that removes a thing. Options as for `get`."""
    return _endpoint("DELETE", path, handler, **options)


def _endpoint(
    method: str,
    path: str,
    handler: Handler,
    *,
    may: str | None = None,
    open: str | None = None,
    qos: Qos = Qos.INTERFACE,
    status: int = 200,
    body_limit: int = BODY_LIMIT,
    hidden: bool = False,
    page: bool = False,
    always: bool = False,
    moves: bool = False,
) -> Endpoint:
    if (may is None) == (open is None):
        raise ValueError(f"{method} {path}: say either may= (a permission) or open= (a reason), never both or neither.")
    if open is not None and open not in OPEN:
        raise ValueError(f"{method} {path}: {open!r} is no reason to let strangers in; the list is {', '.join(sorted(OPEN))}.")
    if not path.startswith("/"):
        raise ValueError(f"{method} {path}: a path starts with a slash.")
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        may=may,
        open=open,
        qos=qos,
        status=status,
        body_limit=body_limit,
        page=page,
        hidden=hidden or page,
        always=always,
        moves=moves,
    )
