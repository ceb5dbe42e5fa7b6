"""The door to pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.api.sender import send_file
from revenge.core.caller import Caller
from revenge.core.errors import NotFound
from revenge.core.tickets import Tickets
from revenge.services.metadata.service import PURPOSE, Artwork

_HEADERS = {"Cache-Control": "private, max-age=86400, immutable"}
"""What is under an address never changes, and the address is good for a day."""


class Holders(Protocol):
    """Who knows the people behind login sessions."""

    async def of_session(self, session_id: UUID) -> Caller:
        """The caller of an open session; Unauthenticated when it has ended."""


class ArtworkRoutes:
    """Endpoints of pictures."""

    def __init__(self, artwork: Artwork, tickets: Tickets, holders: Holders) -> None:
        self.artwork = artwork
        self.tickets = tickets
        self.holders = holders

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the declarations."""
        return [get("/images/{ticket}/{id}/{width}.webp", self.show, open="ticket", hidden=True)]

    async def show(self, ticket: str, id: UUID, width: int, request: web.Request) -> web.StreamResponse:
        """A picture, in about that width."""
        caller = await self.holders.of_session(self.tickets.open(PURPOSE, ticket).session)
        path = await self.artwork.open(id, width, caller)
        try:
            return await self._send(request, path)
        except NotFound:
            await self.artwork.restore(id, caller)
            return await self._send(request, path)

    async def _send(self, request: web.Request, path: Path) -> web.StreamResponse:
        return await send_file(request, path, content_type="image/webp", etag=path.stem, headers=_HEADERS)
