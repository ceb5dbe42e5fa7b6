"""What a node refuses for a while, with a reason and a moment to come back.

Where it may not write, reading goes on, and so do the writes declared `always`; where it is about to go, streams move to other nodes.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from revenge.api.door import SAFE, Door
from revenge.api.endpoint import Endpoint
from revenge.api.keys import ENDPOINT
from revenge.core.errors import Unavailable

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
Hindrance = Callable[[], Unavailable | None]
"""Returns why something is refused at the moment, None while nothing is."""


def unhindered() -> Unavailable | None:
    """Nothing hinders a node that is alone."""
    return None


def read_only(
    hindrance: Hindrance, leaving: Hindrance, door: Door, endpoint_of: Callable[[web.AbstractRoute], Endpoint | None]
) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that refuses writes while `hindrance` has a reason, and pieces of streams while `leaving` has one.

    Strangers, and those who may not, are told that first.
    """

    def refused(request: web.Request) -> tuple[Endpoint, Unavailable] | None:
        reason = leaving() if request.method in SAFE else hindrance()
        endpoint = endpoint_of(request.match_info.route) if reason is not None else None
        if reason is None or endpoint is None:
            return None
        concerned = endpoint.moves if request.method in SAFE else not endpoint.always
        return (endpoint, reason) if concerned else None

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        found = refused(request)
        if found is None:
            return await handler(request)
        endpoint, reason = found
        request[ENDPOINT] = endpoint
        if endpoint.open is None:
            await door.admit(request, endpoint)
        raise reason

    return middleware
