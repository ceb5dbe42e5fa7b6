"""Who watches what now, for whoever looks after the house."""

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.core.page import PageQuery
from revenge.services.playback.entity import NowPlaying, Screen, StreamWay
from web.context import Rooms
from web.pages.account import program_name
from web.render import Renderer

_MOST = 200


class Row(Struct, frozen=True):
    """One viewing, as the page shows it."""

    playing: NowPlaying
    device: str
    ways: list[StreamWay]
    """The streams that are not sent in the file itself."""


class PlayingPages:
    """What is watched now. It is stopped by the API."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.rooms = rooms

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/playing", self.show, may="playback:manage", page=True),
            get("/playing/list", self.rows, may="playback:manage", page=True),
        ]

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """What is watched now, how it is sent, and the way to stop it."""
        return await self.renderer.page(request, "pages/playing.html", caller, {"rows": await self._rows(caller)})

    async def rows(self, request: web.Request, caller: Caller) -> web.Response:
        """The list alone, for a page that follows what happens."""
        return await self.renderer.page(request, "parts/playing.html", caller, {"rows": await self._rows(caller)})

    async def _rows(self, caller: Caller) -> list[Row]:
        page = await self.rooms.screens.now(PageQuery(limit=_MOST), caller)
        return [Row(one, screen_name(one.device), [way for way in one.streams if way.method != "direct"]) for one in page.items]


def screen_name(screen: Screen) -> str:
    """What the device is called: by its owner, else as its User-Agent tells."""
    return screen.name or program_name(screen.user_agent)
