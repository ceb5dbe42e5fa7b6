"""Other origins that may read our answers: exactly the other nodes of this site, since the player turns to them when its node is gone."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web
from multidict import CIMultiDict

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
Origins = Callable[[], Iterable[str]]
"""Returns the other nodes' origins (`http://other:8080`); asked at every use, since nodes come and go."""

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_ALLOWED = "Authorization, Content-Type, Last-Event-ID, Range, X-CSRF-Token, X-Request-Id"
_EXPOSED = "Accept-Ranges, Content-Length, Content-Range, ETag, Retry-After, X-Request-Id"


def alone() -> Iterable[str]:
    """The other origins of a node that is alone: none."""
    return ()


def preflight(others: Origins) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that answers a browser's question before a call from another node's page."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        if request.method != "OPTIONS" or request.headers.get("Origin") not in set(others()):
            return await handler(request)
        asked = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Allow-Headers": _ALLOWED, "Access-Control-Max-Age": "600"}
        return web.Response(status=204, headers=asked)

    return middleware


def allow(request: web.BaseRequest, headers: CIMultiDict[str], known: Iterable[str]) -> None:
    """Let a page of another node read this answer. No credentials: such calls carry a bearer token or a ticket, never the cookie."""
    headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin is not None and origin in known:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _EXPOSED
