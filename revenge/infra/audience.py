"""Whether anybody watches, on any node: what everything that can wait yields to."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from loguru import logger

from revenge.core.errors import Unavailable
from revenge.infra.bus import EVERYTHING, Bus
from revenge.infra.loops import end, keep

_EVERY_SECONDS = 10.0
"""Between two counts when nothing is told: a viewer who just went away says nothing."""
_UNTOLD_SECONDS = 1.0
"""The same while nothing can be told."""

Tell = Callable[[int], None]
"""Takes the number of streams; must not block and must not raise."""


class Audience:
    """Counts the streams of all nodes when one begins or ends, and tells who listens when their number has changed."""

    def __init__(self, bus: Bus, tag: str, count: Callable[[], Awaitable[float]]) -> None:
        """`tag` is dropped from the bus by whatever begins or ends a stream, on whichever node."""
        self.streams = 0
        self._bus = bus
        self._tag = tag
        self._count = count
        self._listeners: list[Tell] = []
        self._changed = asyncio.Event()
        bus.listen(self._heard)

    def listen(self, tell: Tell) -> None:
        """Call `tell` whenever the number of streams has changed."""
        self._listeners.append(tell)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Audience"]:
        """Count for as long as the block lasts."""
        task = asyncio.create_task(keep("the audience", self._follow), name="audience")
        try:
            yield self
        finally:
            await end([task])

    async def look(self) -> None:
        """Count now. What cannot be counted stays as it was."""
        try:
            streams = int(await self._count())
        except (Unavailable, OSError) as error:
            logger.debug("Streams cannot be counted now: {}", error)
            return
        if streams != self.streams:
            self.streams = streams
            for tell in self._listeners:
                tell(streams)

    def _heard(self, tags: Sequence[str]) -> None:
        if self._tag in tags or EVERYTHING in tags:
            self._changed.set()

    async def _follow(self) -> None:
        while True:
            self._changed.clear()
            await self.look()
            try:
                async with asyncio.timeout(_EVERY_SECONDS if self._bus.alive else _UNTOLD_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue
