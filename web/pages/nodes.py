"""The nodes, for whoever looks after them."""

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from web.context import Rooms
from web.render import Renderer

_MAY = "admin:cluster"


class NodePages:
    """Who is there, who leads, what each node does and sees. Changes go by the API."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.nodes = rooms.nodes

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/nodes", self.show, may=_MAY, page=True),
            get("/nodes/state", self.state, may=_MAY, page=True),
        ]

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """The nodes, their leases and schedules, and who led since when."""
        return await self.renderer.page(request, "pages/nodes.html", caller, {"state": await self.nodes.look()})

    async def state(self, request: web.Request, caller: Caller) -> web.Response:
        """The same alone, for a page that follows what happens."""
        return await self.renderer.page(request, "parts/nodes.html", caller, {"state": await self.nodes.look()})
