"""Addresses of the doors."""

from aiohttp import web

from revenge.api.door import COOKIE
from revenge.api.endpoint import Cookie, Endpoint, post
from revenge.api.peer import client_address
from revenge.core.caller import Caller
from revenge.services.auth.entity import Entered, Login, Logout, Refresh, Tokens
from revenge.services.auth.pace import Pace
from revenge.services.auth.service import Auth
from revenge.services.session.entity import Device

_SMALL = 16 << 10
"""Bytes of a body that holds a few words."""
NO_COOKIE = Cookie(COOKIE, "", 0)
"""Takes the pages' cookie back."""


class AuthRoutes:
    """Endpoints of signing in and out."""

    def __init__(self, auth: Auth, pace: Pace) -> None:
        self.auth = auth
        self.pace = pace

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            post("/api/v1/auth/login", self.login, open="login", body_limit=_SMALL, always=True),
            post("/api/v1/auth/refresh", self.refresh, open="refresh", body_limit=_SMALL, always=True),
            post("/api/v1/auth/logout", self.logout, may="account:use", body_limit=_SMALL, always=True),
        ]

    async def login(self, body: Login, request: web.Request) -> Tokens:
        """Sign in with a password."""
        there = device(request, body.device_name)
        self.pace.knock(there.network)
        return self.auth.tokens(await self.auth.login(body, there))

    async def refresh(self, body: Refresh, request: web.Request) -> Tokens:
        """Exchange a refresh token for new tokens; each can be used once."""
        there = device(request)
        self.pace.knock(there.network)
        return self.auth.tokens(await self.auth.refresh(body.refresh_token, there))

    async def logout(self, caller: Caller, body: Logout | None = None) -> None:  # noqa: ARG002 - nothing in the body changes what ends
        """Sign out on this device."""
        await self.auth.logout(caller)


def device(request: web.Request, name: str | None = None) -> Device:
    """Return what the request comes from."""
    return Device(client_address(request), request.headers.get("User-Agent", ""), name)


def session_cookie(auth: Auth, entered: Entered) -> Cookie:
    """Return the pages' cookie for somebody who has just come in."""
    stay = auth.cookie(entered)
    return Cookie(COOKIE, stay.value, stay.max_age)
