"""Addresses of one's own sign-ins."""

from uuid import UUID

from revenge.api.endpoint import Endpoint, delete, get
from revenge.core.caller import Caller
from revenge.core.page import Page, PageQuery
from revenge.services.session.entity import Session
from revenge.services.session.service import Sessions


class SessionRoutes:
    """Endpoints of sign-ins."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/api/v1/sessions", self.list, may="account:use"),
            delete("/api/v1/sessions", self.end_others, may="account:use"),
            delete("/api/v1/sessions/{id}", self.end, may="account:use"),
        ]

    async def list(self, query: PageQuery, caller: Caller) -> Page[Session]:
        """Devices you are signed in on."""
        return await self.sessions.of(caller, query)

    async def end_others(self, caller: Caller) -> None:
        """Sign out on all devices but this one."""
        await self.sessions.end_others(caller)

    async def end(self, id: UUID, caller: Caller) -> None:
        """Sign out on one device."""
        await self.sessions.end(id, caller)
