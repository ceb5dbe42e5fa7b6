"""All rooms of one node, put together and not opened yet."""

from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Endpoint
from revenge.api.events import EventRoutes
from revenge.api.mount import Frame, mount
from revenge.bootstrap.ground import Ground, Part
from revenge.bootstrap.settings import Settings
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.fetch.fetcher import Fetcher
from revenge.infra.health import Health
from revenge.infra.jobs.workers import Workers
from revenge.services.library.service import Libraries
from revenge.services.nodes.draining import Draining
from revenge.services.user.service import Users
from web.mount import Site


class House(Struct, frozen=True, kw_only=True):
    """A node: its parts, its doors, and the rooms a command talks to."""

    settings: Settings
    ground: Ground
    parts: Sequence[Part]
    """Everything with a life, in order of need."""
    endpoints: Sequence[Endpoint]
    frame: Frame
    site: Site
    health: Health
    events: EventRoutes
    bandwidth: Bandwidth
    fetcher: Fetcher
    workers: Workers
    draining: Draining
    users: Users
    libraries: Libraries

    def application(self) -> web.Application:
        """Return the HTTP application; its `cleanup_ctx` opens the parts in order and closes them in reverse."""
        app = web.Application()
        mount(app, self.endpoints, self.frame)
        self.site.prepare(app)
        app.cleanup_ctx.extend(_during(part) for part in self.parts)
        app.cleanup_ctx.append(self._open)
        return app

    async def stand_aside(self) -> None:
        """Send what is new to the other nodes, and the leadership with it; what runs here goes on."""
        await self.draining.set(draining=True)

    async def drain(self, grace: float) -> None:
        """Send nobody new here, end event streams, take no new jobs and let the running ones finish, for `grace` seconds at most."""
        self.health.stopping()
        await self.events.close()
        await self.workers.drain(grace)

    async def _open(self, _app: web.Application) -> AsyncIterator[None]:
        """Say that all parts have come up; at the end, before any of them closes, that they go."""
        self.health.started()
        yield
        self.health.stopping()


def _during(part: Part) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return the context in which aiohttp keeps a part open."""

    async def context(_app: web.Application) -> AsyncIterator[None]:
        async with part.lifetime():
            yield

    return context
