"""The one map from what went wrong to an HTTP status, and the problem document that says so (RFC 9457)."""

import errno
from http import HTTPStatus

import msgspec
from aiohttp import web
from loguru import logger
from msgspec import Struct

from revenge.api.keys import REQUEST_ID
from revenge.core import errors

CONTENT_TYPE = "application/problem+json"


class TooLarge(errors.RevengeError):
    """The body has more bytes than this endpoint takes."""

    code = "too_large"


class UnsupportedType(errors.RevengeError):
    """The body is in a format this endpoint does not read."""

    code = "unsupported_media_type"


class PreconditionFailed(errors.RevengeError):
    """`If-Match` or `If-Unmodified-Since` names another version than the one that is here."""

    code = "precondition_failed"


class Problem(Struct, frozen=True, omit_defaults=True):
    """What an error answer says."""

    type: str
    """`urn:revenge:problem:<code>`: stable, for programs."""
    code: str
    """Stable word: `not_found`, `ticket_expired`; also the message catalogue's key."""
    title: str
    """The kind of problem, the same for every occurrence."""
    detail: str
    """One English sentence about this occurrence."""
    status: int
    request_id: str
    field: str | None = None
    """The input field that is wrong, where one is."""


_STATUS: dict[type[errors.RevengeError], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    UnsupportedType: 415,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
_PHRASES = {int(status): status.phrase for status in HTTPStatus}
_RETRY_AFTER = {429: 5, 503: 5}
"""Seconds to wait where the error itself does not know."""
_OWN_WORDS = {
    400: ("malformed", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("timeout", "The request came too slowly."),
    413: ("too_large", "The body is larger than this address takes."),
    414: ("uri_too_long", "The address is too long."),
    415: ("unsupported_media_type", "The body is in a format that is not read here."),
    417: ("expectation_failed", "The Expect header asks for something that is not done here."),
    431: ("headers_too_large", "The headers are too large."),
}
"""Statuses that the HTTP library finds by itself, in our words."""
_STORAGE = {
    errno.ENOSPC: ("storage_full", "The disk is full; free some space and try again."),
    errno.EDQUOT: ("storage_full", "The disk quota is used up; free some space and try again."),
    errno.EROFS: ("storage_read_only", "The disk is read-only; nothing can be stored until that changes."),
}


def describe(error: BaseException, request_id: str) -> tuple[Problem, dict[str, str]]:
    """Return the problem and the headers that go with it. What is not ours to explain becomes `internal`, without details."""
    if isinstance(error, errors.RevengeError):
        status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
        if status < HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.SERVICE_UNAVAILABLE:
            problem = _problem(status, error.code, error.detail, request_id, error.field)
            return problem, _headers(status, error.retry_after)
    if isinstance(error, web.HTTPException):
        allow = error.headers.get("Allow")
        return of_status(error.status, request_id), _headers(error.status) | ({"Allow": allow} if allow else {})
    if isinstance(error, OSError) and error.errno in _STORAGE:
        code, detail = _STORAGE[error.errno]
        return _problem(503, code, detail, request_id), _headers(503)
    detail = f"Something went wrong here. The log explains it under request {request_id}."
    return _problem(500, "internal", detail, request_id), {}


def of_status(status: int, request_id: str) -> Problem:
    """The problem behind a status that the HTTP library found by itself."""
    code, detail = _OWN_WORDS.get(status, (f"http_{status}", f"{_PHRASES.get(status, 'Error')}."))
    return _problem(status, code, detail, request_id)


def answer(error: BaseException, request: web.BaseRequest) -> web.Response:
    """Return the error as a problem document; log it in full when it is ours."""
    problem, headers = report(error, request)
    return render(problem, headers)


def report(error: BaseException, request: web.BaseRequest) -> tuple[Problem, dict[str, str]]:
    """Describe the error; what answers 500 goes to the log in full."""
    problem, headers = describe(error, request.get(REQUEST_ID, "-"))
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.opt(exception=error).error("{} in {}", type(error).__name__, request.method)
    elif problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("{}: {}", problem.code, problem.detail)
    return problem, headers


def render(problem: Problem, headers: dict[str, str]) -> web.Response:
    """Return the problem as JSON."""
    headers = {"Cache-Control": "no-store", **headers}
    return web.Response(body=msgspec.json.encode(problem), status=problem.status, content_type=CONTENT_TYPE, headers=headers)


def _problem(status: int, code: str, detail: str, request_id: str, field: str | None = None) -> Problem:
    title = _PHRASES.get(status, "Error")
    return Problem(f"urn:revenge:problem:{code}", code, title, detail, status, request_id, field)


def _headers(status: int, retry_after: int | None = None) -> dict[str, str]:
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status in _RETRY_AFTER or retry_after is not None:
        headers["Retry-After"] = str(retry_after if retry_after is not None else _RETRY_AFTER[status])
    return headers
