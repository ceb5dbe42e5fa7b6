"""The first page: what was begun, what is new."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.content.movie.entity import MovieCard, MovieDetails, MovieQuery
from revenge.core.caller import Caller
from revenge.core.errors import NotFound
from revenge.services.playback.entity import Continued
from web.context import Rooms
from web.render import Renderer

_ROW = 24
"""Cards in a row; more of them are on the shelf's own page."""


class HomePages:
    """The first page."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.rooms = rooms

    def endpoints(self) -> list[Endpoint]:
        """Return the declaration."""
        return [get("/", self.show, may="movies:read", page=True)]

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """What was begun, what is new, or how to begin."""
        watching, recent, libraries = await asyncio.gather(
            self.rooms.watching.continued(_ROW, caller),
            self.rooms.films.page(MovieQuery(sort="-added_at", limit=_ROW), caller),
            self.rooms.libraries.list(caller),
        )
        hero = await self._hero(watching, recent.items, caller)
        values = {"hero": hero, "watching": watching, "recent": recent.items, "libraries": libraries}
        return await self.renderer.page(request, "pages/home.html", caller, values)

    async def _hero(self, watching: Sequence[Continued], recent: Sequence[MovieCard], caller: Caller) -> MovieDetails | None:
        """The film on the stage: the one last begun, else the newest that can be played."""
        begun = next((entry.item.id for entry in watching if entry.item.kind == "movie"), None)
        id = begun or next((card.id for card in recent if card.available), None)
        try:
            return await self.rooms.films.get(id, caller) if id else None
        except NotFound:  # removed since the rows were read
            return None
