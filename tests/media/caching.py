"""A segment cache without children."""

import asyncio

from revenge.core.qos import Qos
from revenge.media.capacity import Capacity


class Slow:
    """A renderer whose segments are as large, and finish when, the test says."""

    has_room = True
    capacity = Capacity(1000)

    def __init__(self, size: int = 1000) -> None:
        self.size, self.made, self.asked, self.stopped = size, [], [], 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def segment(self, source, rendition, number, *, qos=Qos.STREAM) -> bytes:
        self.asked.append((number, qos))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self.error:
            raise self.error
        self.made.append(number)
        return bytes([number % 256]) * self.size

    async def init(self, source, rendition, *, qos=Qos.STREAM) -> bytes:
        return b"init"


class Plain:
    async def webvtt(self, source, track, *, qos=Qos.STREAM) -> bytes:
        return b"WEBVTT\n\n"
