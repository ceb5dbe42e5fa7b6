"""The request's id, and its one line in the log."""

import re
from collections.abc import Awaitable, Callable
from itertools import count as count_up
from secrets import token_hex
from time import perf_counter

from aiohttp import web
from loguru import logger

from revenge.api.keys import CALLER, ENDPOINT, REQUEST_ID
from revenge.api.peer import Trusted, address_behind

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
Count = Callable[[str, str, int, float], None]
"""Takes method, route pattern, status and seconds of each request."""

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TICKET = re.compile(r"(?<=/)[A-Za-z0-9_-]{40,}(?==*(/|$))")
"""A signed ticket has more than 100 characters; no id or name of ours reaches 40 of these without a dot or a space."""
_GONE = 499
"""Status logged when the client left before the answer was complete."""
_QUIET = ("/health/", "/metrics")
"""Asked every few seconds by machines: logged at DEBUG."""


def journal(count: Count, proxies: Trusted) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that names, times, counts and logs requests."""
    mine, number = token_hex(4), count_up()

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        request_id = request[REQUEST_ID] = _sent_id(request) or f"{mine}{next(number):08x}"
        began, status, size = perf_counter(), _GONE, 0
        with logger.contextualize(request_id=request_id):
            try:
                response = await handler(request)
                status, size = response.status, _size(response)
                return response
            finally:
                seconds = perf_counter() - began
                count(request.method, _route(request), status, seconds)
                _write(request, status, size, seconds, address_behind(request, proxies))

    return middleware


def mask(path: str) -> str:
    """Return the path with its tickets replaced by `***`: a ticket in a log is a key under the mat."""
    return _TICKET.sub("***", path) if len(path) > 40 else path


def _sent_id(request: web.Request) -> str | None:
    """The id that the client or a proxy gave, if it is one."""
    sent = request.headers.get("X-Request-Id")
    return sent if sent is not None and _SANE.fullmatch(sent) else None


def _size(response: web.StreamResponse) -> int:
    """Bytes of the body: sent already for a stream, about to be sent for anything else."""
    return response.body_length if response.prepared else response.content_length or 0


def _route(request: web.Request) -> str:
    endpoint = request.get(ENDPOINT)
    return endpoint.path if endpoint is not None else "-"


def _write(request: web.Request, status: int, size: int, seconds: float, address: str) -> None:
    raw = request.rel_url.raw_path
    caller = request.get(CALLER)
    logger.log(
        "DEBUG" if raw.startswith(_QUIET) and status < 500 else "INFO",
        "{method} {path} {status} {ms} ms {size} B {user} {address}",
        method=request.method,
        path=mask(raw),
        status=status,
        ms=round(seconds * 1000, 1),
        size=size,
        user=caller.username if caller else "-",
        address=address,
    )
