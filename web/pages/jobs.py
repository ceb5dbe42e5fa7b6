"""Work in the background, for whoever looks after the house: what runs, waits and failed, and what can be done about it."""

from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.core.page import PageQuery
from revenge.services.jobs.entity import STATES, JobQuery
from web.context import Rooms
from web.render import Renderer

_LINES = 100


class JobPages:
    """Jobs. They are tried again, cancelled and forgotten by the API."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.desk = rooms.desk

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/jobs", self.show, may="jobs:manage", page=True),
            get("/jobs/list", self.rows, may="jobs:manage", page=True),
            get("/jobs/{id}/log", self.log, may="jobs:manage", page=True),
        ]

    async def show(self, request: web.Request, query: JobQuery, caller: Caller) -> web.Response:
        """The queues, and the jobs in one state."""
        values = await self._values(query) | {"queues": await self.desk.queues(), "states": STATES}
        return await self.renderer.page(request, "pages/jobs.html", caller, values)

    async def rows(self, request: web.Request, query: JobQuery, caller: Caller) -> web.Response:
        """The list alone, for a page that follows, or its next stretch."""
        return await self.renderer.page(request, "parts/jobs.html", caller, await self._values(query))

    async def log(self, request: web.Request, id: UUID, caller: Caller) -> web.Response:
        """What a job was asked to do, and what its runs had to say."""
        details = await self.desk.get(id)
        page = await self.desk.log(id, PageQuery(limit=_LINES))
        values = {"details": details, "lines": page.items, "more": page.next}
        return await self.renderer.page(request, "parts/job_log.html", caller, values)

    async def _values(self, query: JobQuery) -> dict[str, object]:
        page = await self.desk.page(query)
        return {"query": query, "jobs": page.items, "more": _more(query, page.next)}


def _more(query: JobQuery, cursor: str | None) -> str | None:
    """Return the address of the next stretch, None at the end."""
    if cursor is None:
        return None
    wishes = {"state": query.state, "queue": query.queue, "job": query.job, "limit": query.limit, "cursor": cursor}
    return "/jobs/list?" + urlencode({name: value for name, value in wishes.items() if value is not None})
