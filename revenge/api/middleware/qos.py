"""How urgent an answer is, by its endpoint's declaration; and its bytes, paid for before they go. Files pay as they are sent (`traffic.py`)."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from revenge.api.endpoint import Endpoint
from revenge.api.keys import ENDPOINT, QOS
from revenge.api.payer import Payers
from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import Link

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
Which = Callable[[web.AbstractRoute], Endpoint | None]
"""Returns the endpoint behind a route, None for a route that is nobody's."""


def qos(link: Link, payers: Payers, which: Which) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that classifies every answer, errors included, and has bodies made in memory wait for their share."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        endpoint = which(request.match_info.route)
        if endpoint is not None:
            request[ENDPOINT] = endpoint
        request[QOS] = Qos.INTERFACE if endpoint is None else endpoint.qos
        response = await handler(request)
        if size := _size(request, response):
            if link.binds:
                await pay(request, size)
            else:
                link.count(request[QOS], size)
        return response

    async def pay(request: web.Request, size: int) -> None:
        payer = await payers.of(request)
        await link.body(request[QOS], payer.user, size, remote=payer.remote)

    return middleware


def _size(request: web.Request, response: web.StreamResponse) -> int:
    """Bytes of a body that is about to be sent; 0 for a stream, which has paid by now."""
    return 0 if response.prepared or request.method == "HEAD" else response.content_length or 0
