"""Puts endpoints on an application: the caller, then the arguments, then the handler, then the answer."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from aiohttp import HttpVersion11, web
from msgspec import Struct, field

from revenge.api.binding import Binder, Shape, check_length
from revenge.api.door import SAFE, Authenticator, Door
from revenge.api.endpoint import Answer, Endpoint
from revenge.api.middleware.cors import Origins, alone, preflight
from revenge.api.middleware.faults import faults
from revenge.api.middleware.journal import Count, journal
from revenge.api.middleware.pages import Pages, PlainPages
from revenge.api.middleware.qos import qos
from revenge.api.middleware.read_only import Hindrance, Leaving, read_only, staying, unhindered
from revenge.api.middleware.responses import dress
from revenge.api.middleware.tracing import tracing
from revenge.api.own_page import PUBLIC_URL, refuse_foreign_form
from revenge.api.payer import Payers
from revenge.api.peer import TRUSTED, is_secure, trusted
from revenge.api.sender import SENDER, Sender
from revenge.api.settings import ServerSettings
from revenge.api.traffic import Traffic
from revenge.core.caller import Caller
from revenge.core.errors import NotFound
from revenge.core.tickets import Tickets
from revenge.infra.bandwidth.link import Link
from revenge.infra.trace import UNTRACED, Tracer

_ENCODER = msgspec.json.Encoder()
JSON = "application/json"
_PRIVATE = {"Cache-Control": "no-store"}
"""What is told to one caller is kept by nobody on the way."""

MOUNTED = web.AppKey("mounted", list["Mounted"])
"""Every endpoint on the application, in the order it was mounted: what the OpenAPI document is made of."""


def _count_nothing(_method: str, _route: str, _status: int, _seconds: float) -> None:
    """What counts requests where nobody asked for counts."""


class Frame(Struct, frozen=True, kw_only=True):
    """What every endpoint is mounted with."""

    authenticator: Authenticator
    tickets: Tickets
    server: ServerSettings = ServerSettings()
    pages: Pages = PlainPages()
    count: Count = _count_nothing
    """Takes method, route, status and seconds of every request."""
    others: Origins = alone
    """Origins of the other nodes, for CORS."""
    link: Link = field(default_factory=Link)
    """Shares out what is sent, and counts it."""
    hindrance: Hindrance = unhindered
    """Why the node writes nothing at the moment, where that is so."""
    tracer: Tracer = UNTRACED
    """Tells what requests set going."""
    leaving: Leaving = staying
    """Why players should go on with another node, where they should."""


def mount(app: web.Application, endpoints: Sequence[Endpoint], frame: Frame) -> None:
    """Put the endpoints on the application; TypeError or ValueError for one whose declaration does not add up. Called once per application."""
    if MOUNTED in app:
        raise ValueError("The frame stands already: mount all endpoints of an application at once.")
    door = Door(frame.authenticator, frame.tickets)
    _surround(app, frame, door)
    for path, there in _by_path(endpoints).items():
        resource = app.router.add_resource(path)
        for endpoint in there:
            mounted = Mounted(endpoint, door, frame.tracer)
            app[MOUNTED].append(mounted)
            for method in ("GET", "HEAD") if endpoint.method == "GET" else (endpoint.method,):
                resource.add_route(method, mounted.answer, expect_handler=_expect)


def endpoint_of(route: web.AbstractRoute) -> Endpoint | None:
    """Return the endpoint behind a route of the router, None for a route that was not mounted."""
    owner = getattr(route.handler, "__self__", None)
    return owner.endpoint if isinstance(owner, Mounted) else None


def _surround(app: web.Application, frame: Frame, door: Door) -> None:
    app[MOUNTED] = []
    app[PUBLIC_URL] = frame.server.public_url or ""
    proxies = app[TRUSTED] = trusted(frame.server.trusted_proxies)
    payers = Payers(frame.authenticator, frame.tickets, proxies)
    app.middlewares.extend((journal(frame.count, proxies), qos(frame.link, payers, endpoint_of), faults(frame.pages, door)))
    if frame.tracer is not UNTRACED:
        app.middlewares.insert(1, tracing(frame.tracer))
    if frame.others is not alone:
        app.middlewares.append(preflight(frame.others))
    if frame.hindrance is not unhindered or frame.leaving is not staying:
        app.middlewares.append(read_only(frame.hindrance, frame.leaving, door))
    app.on_response_prepare.append(dress(frame.others, proxies))
    traffic = Traffic(frame.link, payers)
    app.on_response_prepare.append(traffic.release)
    sender = app[SENDER] = Sender(traffic)

    async def opened(_app: web.Application) -> AsyncIterator[None]:
        sender.open()
        yield
        sender.close()

    app.cleanup_ctx.append(opened)


def _by_path(endpoints: Sequence[Endpoint]) -> dict[str, list[Endpoint]]:
    """Endpoints of one path share a resource, so that a wrong method is answered with the right ones."""
    paths: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, []).append(endpoint)
    return paths


class Mounted:
    """One endpoint on an application. `answer` is the aiohttp handler."""

    def __init__(self, endpoint: Endpoint, door: Door, tracer: Tracer = UNTRACED) -> None:
        self.endpoint = endpoint
        self._door = door
        self._binder = Binder(endpoint)
        self._handler = endpoint.handler
        self._tracer = tracer
        self._name = endpoint.handler.__qualname__
        self._status = endpoint.status

    @property
    def shape(self) -> Shape:
        """What the handler takes and gives."""
        return self._binder.shape

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Let the caller in, bind, call, and answer."""
        endpoint = self.endpoint
        caller = await self._caller(request)
        check_length(request, endpoint.body_limit)
        await _continue(request)
        arguments = await self._arguments(request, caller)
        with self._tracer.span(self._name):
            result = await self._handler(**arguments)
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=204)
        if isinstance(result, Answer):
            return _dressed(result, self._status, request)
        return web.Response(body=_ENCODER.encode(result), status=self._status, content_type=JSON, headers=_PRIVATE)

    async def _arguments(self, request: web.Request, caller: Caller | None) -> dict[str, Any]:
        try:
            return await self._binder.bind(request, caller)
        except NotFound:
            if self.endpoint.open == "ticket":  # without a ticket of ours one address is as good as another
                self._door.tickets.read(request.match_info["ticket"])
            raise

    async def _caller(self, request: web.Request) -> Caller | None:
        if self.endpoint.open is None:
            return await self._door.admit(request, self.endpoint)
        if request.method not in SAFE and self.endpoint.open != "ticket":  # a page that holds one got it here; another node's page may
            refuse_foreign_form(request)
        return await self._door.recognise(request, self.endpoint) if self.shape.wants_caller else None


async def _expect(_request: web.Request) -> None:
    """Say nothing yet: whether a body is wanted is known once the caller is."""


async def _continue(request: web.Request) -> None:
    """Tell a client that waits with its body to go on."""
    if "Expect" in request.headers and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the interim answer is not the answer


def _dressed(answer: Answer[object], status: int, request: web.Request) -> web.Response:
    body = _ENCODER.encode(answer.body)
    response = web.Response(body=body, status=answer.status or status, content_type=JSON, headers={**_PRIVATE, **answer.headers})
    for cookie in answer.cookies:
        response.set_cookie(
            cookie.name, cookie.value, max_age=cookie.max_age, path=cookie.path, httponly=True, samesite="Lax", secure=is_secure(request)
        )
    return response
