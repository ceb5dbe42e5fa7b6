"""The product's own house with doors for the benchmarks of the file sender: a paced answer, one of maintenance, another limit, and how late
the event loop was.

`python -m benchmarks.watched` takes the settings that `revenge serve` takes.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from revenge import app
from revenge.api.endpoint import get, put
from revenge.api.sender import send_file
from revenge.bootstrap.build import build
from revenge.bootstrap.settings import Settings
from revenge.core.caller import Caller
from revenge.core.qos import Qos
from revenge.core.settings import load
from revenge.infra import secrets
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.embedded import place
from revenge.infra.log import Log, known_secrets

_TICK = 0.001


class Sent(Struct, frozen=True):
    path: str
    pacing: int | None = None
    """Bytes per second."""


class Limit(Struct, frozen=True):
    bits: int | None
    """Bit/s of the whole node."""


class Lateness(Struct, frozen=True):
    """How late a timer of one millisecond was, in milliseconds, since the question before."""

    ticks: int
    p99: float
    longest: float


class Watch:
    """Looks at the loop only between two questions that are asked while somebody watches: an idle watch costs nothing."""

    def __init__(self, bandwidth: Bandwidth) -> None:
        self.bandwidth = bandwidth
        self.late: list[float] = []
        self.wanted = asyncio.Event()

    def doors(self) -> list[Any]:
        return [
            get("/benchmarks/file", self.file, may="files:download", qos=Qos.STREAM, hidden=True),
            get("/benchmarks/tidy", self.file, may="files:download", qos=Qos.MAINTENANCE, hidden=True),
            put("/benchmarks/limit", self.limit, may="files:download", hidden=True),
            get("/benchmarks/watch", self.begin, may="files:download", hidden=True),
            get("/benchmarks/lateness", self.lateness, may="files:download", hidden=True),
        ]

    async def file(self, query: Sent, caller: Caller, request: web.Request) -> web.StreamResponse:
        """The file, as the product sends it."""
        return await send_file(request, Path(query.path), content_type="video/mp4", pacing=query.pacing)

    async def limit(self, body: Limit, caller: Caller) -> None:
        """Send no more than that from now on."""
        self.bandwidth.set_node(body.bits)

    async def begin(self) -> None:
        """Look from now on."""
        self.late = []
        self.wanted.set()

    async def lateness(self) -> Lateness:
        """What was seen; looking ends."""
        self.wanted.clear()
        late = sorted(self.late) or [0.0]
        return Lateness(len(late), 1000 * late[int(len(late) * 0.99)], 1000 * late[-1])

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()

    async def _look(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self.wanted.wait()
            began = clock()
            await asyncio.sleep(_TICK)
            self.late.append(clock() - began - _TICK)


def main() -> None:
    loaded = load(Settings, os.environ, None)
    data = loaded.values.data_dir
    place.make_data(data)
    loaded = secrets.completed(loaded, data, embedded=True)
    Log(loaded.values.log, known_secrets(loaded)).open()
    house = build(loaded.values, place.runtime_dir(data), secrets.setup_code(data))
    watch = Watch(house.bandwidth)
    app.serve(replace(house, endpoints=[*house.endpoints, *watch.doors()], parts=[*house.parts, watch]))


if __name__ == "__main__":
    main()
