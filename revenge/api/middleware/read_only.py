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
Hindrance = Callable[[], Awaitable[Unavailable | None]]
"""Returns why nothing may be written at the moment, None while everything may; it may wait for what is about to end."""
Leaving = Callable[[], Unavailable | None]
"""Returns why streams should go on elsewhere, None while they need not."""


async def unhindered() -> Unavailable | None:
    """Nothing hinders a node that is alone."""
    return None


def staying() -> Unavailable | None:
    """A node that nobody wants to go."""
    return None


def read_only(hindrance: Hindrance, leaving: Leaving, door: Door) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that refuses writes while `hindrance` has a reason, and pieces of streams while `leaving` has one.

    Strangers, and those who may not, are told that first.
    """

    async def reason_for(request: web.Request, endpoint: Endpoint) -> Unavailable | None:
        if request.method in SAFE:
            return leaving() if endpoint.moves else None
        return None if endpoint.always else await hindrance()

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        endpoint = request.get(ENDPOINT)
        reason = await reason_for(request, endpoint) if endpoint is not None else None
        if endpoint is None or reason is None:
            return await handler(request)
        if endpoint.open is None:
            await door.admit(request, endpoint)
        raise reason

    return middleware
