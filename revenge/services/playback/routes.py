"""Endpoints of viewings and progress."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, delete, get, post, put
from revenge.core.caller import Caller
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.services.playback.entity import (
    Continued,
    NowPlaying,
    Position,
    Progress,
    ProgressEdit,
    Report,
    Session,
    SessionRequest,
)
from revenge.services.playback.progress import Progresses
from revenge.services.playback.service import Playback


class PlaybackRoutes:
    """Doors to watching."""

    def __init__(self, playback: Playback, progress: Progresses) -> None:
        self.playback = playback
        self.progress = progress

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        return [
            post("/api/v1/playback/sessions", self.begin, may="playback:use", status=201),
            get("/api/v1/playback/sessions", self.now, may="playback:use"),
            get("/api/v1/playback/sessions/{id}", self.show, may="playback:use"),
            delete("/api/v1/playback/sessions/{id}", self.end, may="playback:use"),
            post("/api/v1/playback/sessions/{id}/progress", self.report, may="playback:use"),
            get("/api/v1/playback/continue-watching", self.continued, may="playback:use"),
            put("/api/v1/movies/{id}/progress", self.set_movie, may="playback:use"),
            delete("/api/v1/movies/{id}/progress", self.clear_movie, may="playback:use"),
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

    async def continued(self, query: PageQuery, caller: Caller) -> Page[Continued]:
        """What the caller has begun and not ended, newest first."""
        return await self.progress.page(query, caller)

    async def set_movie(self, id: UUID, body: ProgressEdit, caller: Caller) -> Progress:
        """Say how far one has come with a film, or that one has watched it."""
        return await self.progress.set(ItemRef("movie", id), body, caller)

    async def clear_movie(self, id: UUID, caller: Caller) -> None:
        """Start a film over."""
        await self.progress.start_over(ItemRef("movie", id), caller)
