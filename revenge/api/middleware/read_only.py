"""Where a node may not write, reading goes on: other writes are refused with a reason and a moment to come back, whatever they are."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from revenge.api.door import SAFE, Door
from revenge.api.endpoint import Endpoint
from revenge.api.keys import ENDPOINT
from revenge.core.errors import Unavailable

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
Hindrance = Callable[[], Unavailable | None]
"""Returns why nothing may be written at the moment, None while everything may."""


def writable() -> Unavailable | None:
    """Nothing hinders a node that is alone."""
    return None


def read_only(
    hindrance: Hindrance, door: Door, endpoint_of: Callable[[web.AbstractRoute], Endpoint | None]
) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that refuses writes while something hinders; those that are declared `always` go on, and strangers learn nothing."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        if request.method in SAFE or (reason := hindrance()) is None:
            return await handler(request)
        endpoint = endpoint_of(request.match_info.route)
        if endpoint is None or endpoint.always:
            return await handler(request)
        request[ENDPOINT] = endpoint
        if endpoint.open is None:
            await door.admit(request, endpoint)
        raise reason

    return middleware
