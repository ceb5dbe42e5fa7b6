"""Libraries, for whoever looks after the house."""

from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.core.errors import Invalid
from revenge.core.page import PageQuery
from revenge.services.library.routes import FolderQuery
from web.context import Rooms
from web.pages.errors import sentence
from web.render import Renderer

_ERRORS = 200


class LibraryPages:
    """Libraries: their folders, their scans, and what went wrong in them. Changes go by the API."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.libraries = rooms.libraries
        self.kinds = rooms.kinds

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/libraries", self.show, may="libraries:manage", page=True),
            get("/libraries/folders", self.folders, may="libraries:manage", page=True),
            get("/libraries/scans/{id}/errors", self.errors, may="libraries:manage", page=True),
        ]

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """All libraries and how their scans stand."""
        values = {"libraries": await self.libraries.list(caller), "kinds": self.kinds}
        return await self.renderer.page(request, "pages/libraries.html", caller, values)

    async def folders(self, request: web.Request, query: FolderQuery, caller: Caller) -> web.Response:
        """One folder of the server, for the dialog that chooses one; a folder that cannot be read says why."""
        listing, error = None, None
        words = await self.renderer.words(request, caller)
        try:
            listing = await self.libraries.folders(query.path)
        except Invalid as refused:
            error = sentence(words, refused.code, refused.detail)
        values = {"listing": listing, "error": error, "asked": query.path}
        return await self.renderer.page(request, "parts/folders.html", caller, values, words=words)

    async def errors(self, request: web.Request, id: UUID, caller: Caller) -> web.Response:
        """What a scan could not take in, and why."""
        page = await self.libraries.page_errors(id, PageQuery(limit=_ERRORS), caller)
        words = await self.renderer.words(request, caller)
        errors = [(error, words.first(f"scan.error.{error.code}")) for error in page.items]
        return await self.renderer.page(request, "parts/errors.html", caller, {"errors": errors, "more": page.next}, words=words)
