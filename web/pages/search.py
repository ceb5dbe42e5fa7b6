"""Searching: the page, and what drops down while a person types."""

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.services.search.entity import Group, SearchQuery
from web.context import Rooms
from web.render import Renderer

_INSTANT = 6
_PAGE = 50
_LONGEST = 200


class Asked(Struct, frozen=True):
    """What is looked for."""

    q: str = ""


class SearchPages:
    """Searching."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.finder = rooms.finder

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/search", self.show, may="search:use", page=True),
            get("/search/instant", self.instant, may="search:use", page=True),
        ]

    async def show(self, request: web.Request, query: Asked, caller: Caller) -> web.Response:
        """Everything that matches."""
        return await self._found(request, "pages/search.html", query, caller, _PAGE)

    async def instant(self, request: web.Request, query: Asked, caller: Caller) -> web.Response:
        """The best few, while a person types."""
        return await self._found(request, "parts/hits.html", query, caller, _INSTANT)

    async def _found(self, request: web.Request, template: str, asked: Asked, caller: Caller, limit: int) -> web.Response:
        q = asked.q.strip()[:_LONGEST]
        groups: list[Group] = []
        if q:
            found = await self.finder.find(SearchQuery(q=q, limit=limit), caller)
            groups = [group for group in found.groups if group.items]
        return await self.renderer.page(request, template, caller, {"q": q, "groups": groups})
