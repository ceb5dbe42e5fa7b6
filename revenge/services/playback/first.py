"""What a player will ask for first is made while it still reads playlists: play begins sooner by as long as that takes."""

import asyncio
from bisect import bisect_right

from revenge.core.errors import RevengeError
from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK
from revenge.media.plan import bounds
from revenge.media.rendition import Rendition, Source
from revenge.media.segments import Segments
from revenge.services.playback.decide import default_audio
from revenge.services.playback.streams import Streams


class FirstPieces:
    """Makes the first pieces of viewings that go through HLS. What goes wrong is told to whoever asks for the piece."""

    def __init__(self, streams: Streams, segments: Segments) -> None:
        self.streams = streams
        self.segments = segments
        self._making: set[asyncio.Task[None]] = set()

    def begin(self, ticket: str, position_ms: int) -> None:
        """Begin to make what is played at that moment, and wait for nothing."""
        task = asyncio.create_task(self._make(ticket, position_ms), name="make first pieces")
        self._making.add(task)
        task.add_done_callback(self._making.discard)

    async def _make(self, ticket: str, position_ms: int) -> None:
        try:
            watching = await self.streams.open(ticket)
            played = default_audio(watching.source.facts)
            sounds = [sound for sound in watching.audios if played is not None and sound.track == played.index]
            moment = position_ms * CLOCK // 1000
            await asyncio.gather(*(self._piece(watching.source, form, moment) for form in (*watching.videos[:1], *sounds)))
        except (MediaError, RevengeError):
            return

    async def _piece(self, source: Source, form: Rendition, moment: int) -> None:
        edges = bounds(source, form)
        await self.segments.init(source, form)
        await self.segments.segment(source, form, max(0, min(bisect_right(edges, moment), len(edges) - 1) - 1))
