"""Who is asking, and whether they may: decided before anything of the request is read."""

import hmac
from typing import Literal, Protocol
from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint
from revenge.api.keys import CALLER
from revenge.core.caller import Caller
from revenge.core.errors import Forbidden, Unauthenticated
from revenge.core.tickets import Tickets

COOKIE = "revenge_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so that another site's page may cause them."""

Via = Literal["bearer", "cookie"]


class Authenticator(Protocol):
    """Knows people by what they show. The auth service is one."""

    async def authenticate(self, credential: str, via: Via) -> Caller:
        """The caller behind an access token or session cookie; Unauthenticated when it is made up, expired or revoked."""

    async def of_session(self, session_id: UUID) -> Caller:
        """The caller of a login session that is still open (tickets name it); Unauthenticated when it has ended."""


class Door:
    """Lets callers in, one endpoint at a time."""

    def __init__(self, authenticator: Authenticator, tickets: Tickets) -> None:
        self.authenticator = authenticator
        self.tickets = tickets

    async def admit(self, request: web.Request, endpoint: Endpoint) -> Caller:
        """Return the caller; Unauthenticated or Forbidden when there is none, or none who may."""
        caller, via = await self.identify(request)
        if via == "cookie":
            self.check_csrf(request, caller)
        if endpoint.may is not None and not caller.may(endpoint.may):
            raise Forbidden(f"Your account may not do this; it needs the permission {endpoint.may}.")
        request[CALLER] = caller
        return caller

    async def identify(self, request: web.Request) -> tuple[Caller, Via]:
        """Return who shows a credential and how; Unauthenticated for a stranger."""
        found = credential(request)
        if found is None:
            raise Unauthenticated("Sign in first: this address wants an access token or a session cookie.")
        return await self.authenticator.authenticate(*found), found[1]

    async def recognise(self, request: web.Request, endpoint: Endpoint) -> Caller | None:
        """Return the caller at an open door, or None for a stranger."""
        try:
            return await self.admit(request, endpoint)
        except Unauthenticated:
            return None

    def check_csrf(self, request: web.Request, caller: Caller) -> None:
        """Forbidden when a cookie came with a write that our own page did not send."""
        if request.method in SAFE:
            return
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode(), self.csrf_token(caller).encode()):
            raise Forbidden(f"This write came with a cookie but without the right {CSRF_HEADER} header; reload the page.", code="csrf")

    def csrf_token(self, caller: Caller) -> str:
        """The token that our pages put into the header; it holds as long as the session."""
        return self.tickets.derive("csrf", str(caller.session_id))


def credential(request: web.Request) -> tuple[str, Via] | None:
    """Return what the request shows: a bearer token before a cookie. Another scheme (a proxy's Basic) is not for us."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), "bearer"
    for part in request.headers.get("Cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value:
            return value, "cookie"
    return None
