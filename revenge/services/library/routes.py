"""Endpoints of libraries and scans."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from revenge.api.endpoint import Endpoint, delete, get, patch, post
from revenge.core.caller import Caller
from revenge.core.page import Page, PageQuery
from revenge.services.library.entity import Folders, Library, LibraryEdit, NewLibrary, Scan, ScanError
from revenge.services.library.service import Libraries


class FolderQuery(Struct, frozen=True):
    """Which folder to look into."""

    path: str = "/"


class LibraryRoutes:
    """Doors to libraries."""

    def __init__(self, libraries: Libraries) -> None:
        self.libraries = libraries

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        return [
            get("/api/v1/libraries", self.page, may="libraries:read"),
            post("/api/v1/libraries", self.add, may="libraries:manage", status=201),
            get("/api/v1/libraries/folders", self.folders, may="libraries:manage"),
            get("/api/v1/libraries/{id}", self.show, may="libraries:read"),
            patch("/api/v1/libraries/{id}", self.change, may="libraries:manage"),
            delete("/api/v1/libraries/{id}", self.remove, may="libraries:manage"),
            post("/api/v1/libraries/{id}/scan", self.scan, may="libraries:manage", status=202),
            get("/api/v1/libraries/{id}/scans", self.scans, may="libraries:read"),
            get("/api/v1/scans/{id}", self.show_scan, may="libraries:read"),
            post("/api/v1/scans/{id}/cancel", self.cancel, may="libraries:manage", status=202),
            get("/api/v1/scans/{id}/errors", self.errors, may="libraries:manage"),
        ]

    async def page(self, query: PageQuery, caller: Caller) -> Page[Library]:
        """Libraries the caller may see, by name."""
        return await self.libraries.page(query, caller)

    async def add(self, body: NewLibrary) -> Library:
        """Make a library of folders on this server."""
        return await self.libraries.add(body)

    async def folders(self, query: FolderQuery) -> Folders:
        """Folders inside a folder of this server, for choosing a library's."""
        return await self.libraries.folders(query.path)

    async def show(self, id: UUID, caller: Caller) -> Library:
        """One library with its folders and its last scan."""
        return await self.libraries.get(id, caller)

    async def change(self, id: UUID, body: LibraryEdit, caller: Caller) -> Library:
        """Rename a library or change its folders."""
        return await self.libraries.change(id, body, caller)

    async def remove(self, id: UUID, caller: Caller) -> None:
        """Forget a library; its files stay on the disk."""
        await self.libraries.remove(id, caller)

    async def scan(self, id: UUID, caller: Caller) -> Scan:
        """Scan a library, or join the scan that is running."""
        return await self.libraries.scan(id, caller)

    async def scans(self, id: UUID, query: PageQuery, caller: Caller) -> Page[Scan]:
        """Scans of a library, newest first."""
        return await self.libraries.page_scans(id, query, caller)

    async def show_scan(self, id: UUID, caller: Caller) -> Scan:
        """One scan and its counts."""
        return await self.libraries.get_scan(id, caller)

    async def cancel(self, id: UUID, caller: Caller) -> Scan:
        """Cancel a scan."""
        return await self.libraries.cancel(id, caller)

    async def errors(self, id: UUID, query: PageQuery, caller: Caller) -> Page[ScanError]:
        """What a scan could not take in, and why."""
        return await self.libraries.page_errors(id, query, caller)
