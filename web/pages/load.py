"""How busy the house is, for whoever looks after it: curves of the last ten minutes, and why something waits."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.core.load import KEPT, Sample
from revenge.services.jobs.entity import QueueState
from revenge.services.load.entity import LoadQuery
from web.context import Rooms
from web.curves import Chart, chart
from web.render import Renderer

CLASSES = ("interface", "stream", "person", "background", "maintenance")
_LEAST_RATE = 125_000.0
"""Bytes per second at the upper edge while next to nothing is sent: a quiet house is a flat line."""


class QueueRow(Struct, frozen=True):
    """One queue, as the page shows it."""

    queue: QueueState
    curve: Chart


class LoadPages:
    """The load."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.rooms = rooms

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/load", self.show, may="jobs:manage", page=True),
            get("/load/now", self.now, may="jobs:manage", page=True),
        ]

    async def show(self, request: web.Request, query: LoadQuery, caller: Caller) -> web.Response:
        """What is sent, who watches, what waits and why."""
        return await self.renderer.page(request, "pages/load.html", caller, await self._values(query))

    async def now(self, request: web.Request, query: LoadQuery, caller: Caller) -> web.Response:
        """The same without the page around it, for one that follows."""
        return await self.renderer.page(request, "parts/load.html", caller, await self._values(query))

    async def _values(self, query: LoadQuery) -> dict[str, object]:
        load = await self.rooms.loads.show(query)
        queues = await self.rooms.desk.queues()
        samples = load.samples
        rows = [QueueRow(queue, self._queue(samples, queue.name)) for queue in queues.items]
        sent = chart(_series(samples, lambda sample: sample.sent, CLASSES), KEPT, _LEAST_RATE)
        fetched = _series(samples, lambda sample: sample.fetched, CLASSES)
        streams = {"watching": [float(s.watching) for s in samples], "answers": [float(s.answers) for s in samples]}
        return {
            "load": load,
            "queues": queues,
            "rows": rows,
            "sent": sent,
            "fetched": chart(fetched, KEPT, _LEAST_RATE) if any(map(any, fetched.values())) else None,
            "streams": chart(streams, KEPT, 5),
        }

    def _queue(self, samples: Sequence[Sample], name: str) -> Chart:
        series = {
            "waiting": [float(sample.waiting.get(name, 0)) for sample in samples],
            "running": [float(sample.running.get(name, 0)) for sample in samples],
        }
        return chart(series, KEPT, 10)


def _series(samples: Sequence[Sample], of: Callable[[Sample], Mapping[str, float]], names: Sequence[str]) -> dict[str, list[float]]:
    return {name: [float(of(sample).get(name, 0.0)) for sample in samples] for name in names}
