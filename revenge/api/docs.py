"""The API's description for programs, and a page of it for people."""

import asyncio
from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec
from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.api.openapi import document
from revenge.api.sender import send_file
from revenge.core.caller import Caller
from revenge.core.tickets import Tickets

_FRESH = {"Cache-Control": "no-store"}
_FILES = Path(__file__).with_name("docs_page")


class DocsRoutes:
    """`/api/v1/openapi.json` and `/api/docs`."""

    def __init__(self, described: Sequence[Endpoint], tickets: Tickets) -> None:
        self.described = described
        self.tickets = tickets
        self._json: bytes | None = None
        self._html: str | None = None

    def endpoints(self) -> list[Endpoint]:
        """The endpoints, for `mount`."""
        return [
            get("/api/v1/openapi.json", self.openapi, may="docs:read", hidden=True),
            get("/api/docs", self.page, may="docs:read", page=True),
            get("/api/docs/app.js", self.script, open="static", hidden=True),
            get("/api/docs/app.css", self.style, open="static", hidden=True),
        ]

    async def openapi(self, caller: Caller) -> web.Response:  # noqa: ARG002 - somebody must be signed in
        """This API, described in OpenAPI 3.1."""
        if self._json is None:  # once: the endpoints do not change while the node runs
            self._json = msgspec.json.encode(document(self.described))
        return web.Response(body=self._json, content_type="application/json")

    async def page(self, caller: Caller) -> web.Response:
        """The description as a page that can also try things out."""
        if self._html is None:
            self._html = await asyncio.to_thread((_FILES / "page.html").read_text, encoding="utf-8")
        token = self.tickets.derive("csrf", str(caller.session_id))
        return web.Response(text=self._html.replace("{csrf}", escape(token)), content_type="text/html", headers=_FRESH)

    async def script(self, request: web.Request) -> web.StreamResponse:
        """The page's script."""
        return await send_file(request, _FILES / "app.js", content_type="text/javascript; charset=utf-8")

    async def style(self, request: web.Request) -> web.StreamResponse:
        """The page's look."""
        return await send_file(request, _FILES / "app.css", content_type="text/css; charset=utf-8")
