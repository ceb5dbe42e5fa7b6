"""Server-sent events: what happens in the house, as it happens, to everybody who may know it."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from aiohttp import web
from loguru import logger
from msgspec import Struct

from revenge.api.door import Authenticator
from revenge.api.endpoint import Endpoint, get, post
from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.errors import Invalid, TooMany, Unauthenticated, Unavailable
from revenge.core.tickets import Tickets

PING = 15.0
"""Seconds of silence after which a comment is sent: it keeps proxies from closing, and a vanished listener is noticed by it."""
TICKET_LIFE = timedelta(minutes=1)
_ID = re.compile(r"[!-~]{1,64}")
_MOST = 2000
"""Listeners of one node; each costs about 10 KiB."""
_MOST_PER_CALLER = 16
"""Listeners of one login session: a page per tab, and no more."""
_STALL = 30.0
"""Seconds a listener may take nothing before it is left; it comes back and resumes."""


class FeedEvent(Protocol):
    """Something that happened, ready to be sent."""

    @property
    def frame(self) -> bytes:
        """The event as server-sent events write it, with the id to resume from; made once for all listeners."""


class Feed(Protocol):
    """Where events come from, filtered for a caller."""

    def subscribe(self, caller: Caller, last_id: str | None = None) -> AsyncGenerator[FeedEvent, None]:
        """Events after `last_id` (None: from now on), for ever. Closing the generator ends the subscription."""


class EventTicket(Struct, frozen=True):
    """A way to listen for those who cannot send headers."""

    ticket: str
    url: str
    """Root-relative; good for one minute."""
    expires_in: int
    """Seconds."""


class EventRoutes:
    """Streams of events, and tickets for them."""

    def __init__(
        self,
        feed: Feed,
        authenticator: Authenticator,
        tickets: Tickets,
        tag: Callable[[UUID], str],
        *,
        clock: Clock = now,
        ping: float = PING,
    ) -> None:
        """`tag` names what caches hold of a login session: the word that `part` is told."""
        self.feed = feed
        self.authenticator = authenticator
        self.tickets = tickets
        self.tag = tag
        self.ping = ping
        self._clock = clock
        self._listening: Counter[UUID] = Counter()
        self._parting: dict[str, asyncio.Future[None]] = {}
        """Done when the listeners of a session, by its tag, have to go."""
        self._waiting: set[asyncio.Task[FeedEvent]] = set()
        self._closing = False

    def endpoints(self) -> list[Endpoint]:
        """The endpoints, for `mount`."""
        return [
            get("/api/v1/events", self.listen, may="events:read"),
            post("/api/v1/events/ticket", self.ticket, may="events:read", always=True),
            get("/api/v1/events/{ticket}", self.listen_by_ticket, open="ticket", hidden=True),
        ]

    async def close(self, _app: web.Application | None = None) -> None:
        """End every stream: `app.on_shutdown.append(routes.close)`, else a stopping node would wait for its listeners."""
        self._closing = True
        for waiting in list(self._waiting):
            waiting.cancel()

    def part(self, tags: Sequence[str]) -> None:
        """Part with the listeners whose sessions these stale tags name: who may still listen comes back, and resumes, as who they are now."""
        for parting in filter(None, (self._parting.pop(tag, None) for tag in tags)):
            parting.set_result(None)

    async def ticket(self, caller: Caller) -> EventTicket:
        """A ticket for the event stream, good for one minute."""
        text = self.tickets.issue("events", caller.session_id, "", self._clock() + TICKET_LIFE)
        return EventTicket(text, f"/api/v1/events/{text}", int(TICKET_LIFE.total_seconds()))

    async def listen(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Server-sent events: scan.progress, library.new_item, playback.started and others; resumes after Last-Event-ID."""
        return await self._serve(request, caller)

    async def listen_by_ticket(self, request: web.Request, ticket: str) -> web.StreamResponse:
        """The same for the bearer of a ticket."""
        opened = self.tickets.open("events", ticket)
        caller = await self.authenticator.of_session(opened.session)
        if not caller.may("events:read"):
            raise Unauthenticated("This ticket's account may not listen any more.")
        return await self._serve(request, caller)

    async def _serve(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        last_id = _last_id(request)
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        with self._listener(caller) as parting:
            await response.prepare(request)
            await _write(response, b"retry: 2000\n\n")
            async with aclosing(self.feed.subscribe(caller, last_id)) as events:
                await self._stream(response, caller, events, parting)
        return response

    async def _stream(
        self, response: web.StreamResponse, caller: Caller, events: AsyncIterator[FeedEvent], parting: asyncio.Future[None]
    ) -> None:
        """Send events as they come and a comment when none does, until the listener, the session or the node goes."""
        loop = asyncio.get_running_loop()
        look_at = loop.time() + self.ping
        coming: asyncio.Task[FeedEvent] | None = None
        try:
            while True:
                coming = coming or self._next(events)
                await asyncio.wait((coming, parting), timeout=self.ping, return_when=asyncio.FIRST_COMPLETED)
                if self._closing or parting.done():
                    return
                if coming.done():
                    event, coming = coming.result(), None
                    await _write(response, event.frame)
                else:
                    await _write(response, b": still here\n\n")
                if loop.time() >= look_at:
                    look_at = loop.time() + self.ping
                    if not await self._welcome(caller):
                        return
        except StopAsyncIteration:
            return
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.wait((coming,))  # an iterator is closed only when nobody waits in it

    def _next(self, events: AsyncIterator[FeedEvent]) -> "asyncio.Task[FeedEvent]":
        waiting = asyncio.create_task(_take(events))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        return waiting

    async def _welcome(self, caller: Caller) -> bool:
        """Whether the session is still open: a stream must not outlive its sign-in."""
        try:
            return (await self.authenticator.of_session(caller.session_id)).may("events:read")
        except Unauthenticated:
            return False
        except Exception as error:  # noqa: BLE001 - not knowing for a while is no reason to send everybody away
            logger.debug("A listener's session could not be looked at: {!r}", error)
            return True

    @contextmanager
    def _listener(self, caller: Caller) -> Iterator[asyncio.Future[None]]:
        """Count a listener, who goes when the future is done; TooMany or Unavailable beyond the bounds."""
        session, tag = caller.session_id, self.tag(caller.session_id)
        if self._closing:
            raise Unavailable("This node is stopping; another one listens.", code="stopping", retry_after=2)
        if self._listening.total() >= _MOST:
            raise Unavailable("This node has no room for more listeners.", code="too_many_listeners", retry_after=30)
        if self._listening[session] >= _MOST_PER_CALLER:
            raise TooMany("This sign-in listens too often already; close some pages.", code="too_many_listeners", retry_after=30)
        self._listening[session] += 1
        try:
            yield self._parting.setdefault(tag, asyncio.get_running_loop().create_future())
        finally:
            self._listening[session] -= 1
            if not self._listening[session]:
                del self._listening[session]
                self._parting.pop(tag, None)


async def _take(events: AsyncIterator[FeedEvent]) -> FeedEvent:
    return await anext(events)


async def _write(response: web.StreamResponse, data: bytes) -> None:
    """Write, but not for ever: a listener that takes nothing is left, and resumes when it comes back."""
    try:
        async with asyncio.timeout(_STALL):
            await response.write(data)
    except TimeoutError:
        raise ConnectionResetError("the listener takes nothing") from None


def _last_id(request: web.Request) -> str | None:
    """Where to resume: the header that browsers send, or the query for the first connection of a page. Invalid when it is no id."""
    text = request.headers.get("Last-Event-ID") or request.query.get("last_event_id")
    if text and not _ID.fullmatch(text):
        raise Invalid("`Last-Event-ID` is no id that an event had.", field="Last-Event-ID")
    return text or None
