"""Outside services, for whoever looks after the house."""

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from web.context import Rooms
from web.render import Renderer

_MAY = "providers:read"


class ProviderPages:
    """How outside services are doing."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.providers = rooms.providers

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/providers", self.show, may=_MAY, page=True),
            get("/providers/state", self.state, may=_MAY, page=True),
        ]

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """Each service, whether it answers, and what is wrong with it."""
        return await self.renderer.page(request, "pages/providers.html", caller, {"sources": self.providers.states})

    async def state(self, request: web.Request, caller: Caller) -> web.Response:
        """The same alone, for a page that follows what happens."""
        return await self.renderer.page(request, "parts/providers.html", caller, {"sources": self.providers.states})
