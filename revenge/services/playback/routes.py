"""Endpoints of viewings and progress."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, delete, get, post, put
from revenge.core.caller import Caller
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.core.tickets import Tickets
from revenge.services.playback.entity import (
    Continued,
    Handover,
    Limits,
    NowPlaying,
    Position,
    Progress,
    ProgressEdit,
    Report,
    Session,
    SessionRequest,
    Stop,
)
from revenge.services.playback.limits import Allowances
from revenge.services.playback.preferences import Tastes
from revenge.services.playback.progress import Progresses
from revenge.services.playback.service import PURPOSE, Playback
from revenge.services.playback.streams import Holders
from revenge.services.playback.taste import Preferences


class PlaybackRoutes:
    """Doors to watching."""

    def __init__(self, playback: Playback, progress: Progresses, limits: Allowances, tastes: Tastes) -> None:
        self.playback = playback
        self.progress = progress
        self.limits = limits
        self.tastes = tastes

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        return [
            post("/api/v1/playback/sessions", self.begin, may="playback:use", status=201, always=True),
            get("/api/v1/playback/sessions", self.now, may="playback:use"),
            get("/api/v1/playback/sessions/{id}", self.show, may="playback:use"),
            delete("/api/v1/playback/sessions/{id}", self.end, may="playback:use", always=True),
            post("/api/v1/playback/sessions/{id}/progress", self.report, may="playback:use", always=True),
            post("/api/v1/playback/sessions/{id}/transfer", self.take_over, may="playback:use", status=201, always=True),
            post("/api/v1/playback/sessions/{id}/stop", self.stop, may="playback:manage", always=True),
            get("/api/v1/playback/limits/{user_id}", self.show_limits, may="playback:manage"),
            put("/api/v1/playback/limits/{user_id}", self.set_limits, may="playback:manage"),
            get("/api/v1/playback/preferences", self.show_preferences, may="playback:use"),
            put("/api/v1/playback/preferences", self.set_preferences, may="playback:use"),
            get("/api/v1/playback/continue-watching", self.continued, may="playback:use"),
            delete("/api/v1/playback/continue-watching/{kind}/{id}", self.hide, may="playback:use"),
            put("/api/v1/movies/{id}/progress", self.set_movie, may="playback:use", always=True),
            delete("/api/v1/movies/{id}/progress", self.clear_movie, may="playback:use", always=True),
        ]

    async def begin(self, body: SessionRequest, caller: Caller, request: web.Request) -> Session:
        """Begin to watch: the decision with its reasons, and URLs that carry their own ticket."""
        return await self.playback.begin(body, caller, request.headers.get("User-Agent", ""))

    async def now(self, query: PageQuery, caller: Caller) -> Page[NowPlaying]:
        """Who watches what now; those who are no admin see their own."""
        return await self.playback.now(query, caller)

    async def show(self, id: UUID, caller: Caller) -> Session:
        """One viewing."""
        return await self.playback.get(id, caller)

    async def end(self, id: UUID, caller: Caller) -> None:
        """End a viewing."""
        await self.playback.end(id, caller)

    async def report(self, id: UUID, body: Report, caller: Caller) -> Position | None:
        """Say where the player is; answered with the position that stands when that is newer."""
        return await self.playback.report(id, body, caller)

    async def take_over(self, id: UUID, body: Handover, caller: Caller, request: web.Request) -> Session:
        """Go on with one's own viewing on this device; it ends where it ran."""
        return await self.playback.take_over(id, body, caller, request.headers.get("User-Agent", ""))

    async def stop(self, id: UUID, body: Stop, caller: Caller) -> None:
        """End anybody's viewing, and tell its viewer why."""
        await self.playback.stop(id, body, caller)

    async def show_limits(self, user_id: UUID) -> Limits:
        """What an account may watch at once and at most."""
        return await self.limits.of(user_id)

    async def set_limits(self, user_id: UUID, body: Limits) -> Limits:
        """Set what an account may watch at once and at most; it counts from its next viewing on."""
        return await self.limits.set(user_id, body)

    async def show_preferences(self, caller: Caller) -> Preferences:
        """How the caller likes to watch: tongues, and how subtitles look."""
        return await self.tastes.of(caller)

    async def set_preferences(self, body: Preferences, caller: Caller) -> Preferences:
        """Set how the caller likes to watch, on all their devices."""
        return await self.tastes.set(body, caller)

    async def hide(self, kind: str, id: UUID, caller: Caller) -> None:
        """Offer an item no more among what was begun, until the caller goes on with it."""
        await self.progress.hide(ItemRef(kind, id), caller)

    async def continued(self, query: PageQuery, caller: Caller) -> Page[Continued]:
        """What the caller has begun and not ended, newest first."""
        return await self.progress.page(query, caller)

    async def set_movie(self, id: UUID, body: ProgressEdit, caller: Caller) -> Progress:
        """Say how far one has come with a film, or that one has watched it."""
        return await self.progress.set(ItemRef("movie", id), body, caller)

    async def clear_movie(self, id: UUID, caller: Caller) -> None:
        """Start a film over."""
        await self.progress.start_over(ItemRef("movie", id), caller)


class TicketDoors:
    """The one door of a viewing's own ticket that takes something: reports come to whichever node still answers, without a sign-in."""

    def __init__(self, playback: Playback, tickets: Tickets, holders: Holders) -> None:
        self.playback = playback
        self.tickets = tickets
        self.holders = holders

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoint."""
        return [post("/media/{ticket}/progress", self.report, open="ticket", hidden=True, always=True)]

    async def report(self, ticket: str, body: Report) -> Position | None:
        """Say where the player is, as the session's own endpoint takes it."""
        opened = self.tickets.open(PURPOSE, ticket)
        caller = await self.holders.of_session(opened.session)
        return await self.playback.report(UUID(opened.subject), body, caller)
