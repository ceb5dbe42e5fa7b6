"""Addresses of the setup."""

from aiohttp import web

from revenge.api.endpoint import Endpoint, get, post
from revenge.api.peer import is_loopback
from revenge.services.auth.entity import Tokens
from revenge.services.auth.pace import Pace
from revenge.services.auth.routes import device
from revenge.services.auth.service import Auth
from revenge.services.setup.entity import FirstAdmin, SetupState
from revenge.services.setup.service import Setup

_SMALL = 16 << 10


class SetupRoutes:
    """Endpoints of the setup; strangers may ask, since nobody has an account yet."""

    def __init__(self, setup: Setup, auth: Auth, pace: Pace) -> None:
        self.setup = setup
        self.auth = auth
        self.pace = pace

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/api/v1/setup", self.state, open="setup"),
            post("/api/v1/setup", self.finish, open="setup", status=201, body_limit=_SMALL),
        ]

    async def state(self, request: web.Request) -> SetupState:
        """Whether this server waits for its first admin."""
        return await self.setup.state(local=is_loopback(request))

    async def finish(self, body: FirstAdmin, request: web.Request) -> Tokens:
        """Make the first admin and sign them in."""
        there = device(request)
        self.pace.knock(there.network)
        return self.auth.tokens(await self.setup.finish(body, there, local=is_loopback(request)))
