"""How errors look to people: the pages room brings its own, this is the plain form."""

from html import escape
from typing import Protocol
from urllib.parse import quote

from aiohttp import web

from revenge.api.problems import Problem


class Pages(Protocol):
    """What the frame asks of the pages."""

    async def lobby(self, request: web.Request) -> str:
        """Where a stranger who asks for a page is led: the sign-in page, or the setup wizard while it is open."""

    async def error(self, request: web.Request, problem: Problem) -> web.Response:
        """The problem as an HTML page, with the problem's status."""


class PlainPages:
    """Pages without a look, used until better ones are given."""

    async def lobby(self, request: web.Request) -> str:
        """The sign-in page, which leads back here afterwards."""
        return f"/login?next={quote(request.path_qs, safe='/')}"

    async def error(self, _request: web.Request, problem: Problem) -> web.Response:
        """A page of three sentences."""
        title, detail = escape(problem.title), escape(problem.detail)
        text = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
            f"<body><h1>{title}</h1><p>{detail}</p><p>{escape(problem.request_id)}</p></body></html>"
        )
        return web.Response(text=text, status=problem.status, content_type="text/html")
