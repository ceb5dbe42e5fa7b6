"""The pages' own wiring: what they are made of, which addresses they have, and how the frame asks them for errors and the way in.

`site = Site(rooms)`; the application mounts `site.endpoints()` with the others, gives `site` to the frame as its pages, and calls
`site.prepare(app)` once.
"""

from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from aiohttp import web

from revenge.api.endpoint import Endpoint
from revenge.api.keys import CALLER
from revenge.api.peer import is_loopback
from revenge.api.problems import Problem
from revenge.core.caller import Caller
from web.context import People, Rooms
from web.pages.account import AccountPages
from web.pages.errors import ErrorPages
from web.pages.films import FilmPages
from web.pages.home import HomePages
from web.pages.jobs import JobPages
from web.pages.libraries import LibraryPages
from web.pages.load import LoadPages
from web.pages.login import LoginPages
from web.pages.nodes import NodePages
from web.pages.player import PlayerPages
from web.pages.playing import PlayingPages
from web.pages.providers import ProviderPages
from web.pages.search import SearchPages
from web.pages.setup import SetupPages
from web.render import Banner, Renderer
from web.static import StaticFiles
from web.words import Catalogue


class Area(Protocol):
    """The pages of one part of the product."""

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""


def no_banners() -> list[Banner]:
    """Nothing has to be said above every page."""
    return []


class Site:
    """All pages. It is also what the frame asks for error pages and for the way in."""

    def __init__(self, rooms: Rooms, banners: Callable[[], list[Banner]] = no_banners) -> None:
        self.rooms = rooms
        self.static = StaticFiles()
        self.renderer = Renderer(Catalogue.load(), self.static, self._csrf, Chosen(rooms.people), banners)
        self.errors = ErrorPages(self.renderer)
        self.areas: list[Area] = [
            self.static,
            SetupPages(self.renderer, rooms),
            LoginPages(self.renderer, rooms),
            HomePages(self.renderer, rooms),
            FilmPages(self.renderer, rooms),
            PlayerPages(self.renderer, rooms),
            PlayingPages(self.renderer, rooms),
            SearchPages(self.renderer, rooms),
            LibraryPages(self.renderer, rooms),
            NodePages(self.renderer, rooms),
            JobPages(self.renderer, rooms),
            LoadPages(self.renderer, rooms),
            ProviderPages(self.renderer, rooms),
            AccountPages(self.renderer, rooms),
        ]

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations of all pages."""
        return [endpoint for area in self.areas for endpoint in area.endpoints()]

    def prepare(self, app: web.Application) -> None:
        """Give the application its templates."""
        self.renderer.prepare(app)

    async def lobby(self, request: web.Request) -> str:
        """Where a stranger is led: into the wizard while there is no admin, else to the sign-in page, which leads back here."""
        state = await self.rooms.wizard.state(local=is_loopback(request))
        return "/setup" if state.required else f"/login?next={quote(request.path_qs, safe='/')}"

    async def error(self, request: web.Request, problem: Problem) -> web.Response:
        """The problem as a page."""
        return await self.errors.show(request, problem, request.get(CALLER))

    def _csrf(self, caller: Caller) -> str:
        return self.rooms.tickets.derive("csrf", str(caller.session_id))


class Chosen:
    """The language in a person's account."""

    def __init__(self, people: People) -> None:
        self.people = people

    async def locale(self, caller: Caller) -> str | None:
        """The BCP 47 tag, None when they follow their browser."""
        return (await self.people.get(caller.user_id)).locale
