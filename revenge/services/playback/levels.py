"""How loud the sounds of films are: measured once per track and file when somebody watches, then known to every node."""

import asyncio
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from loguru import logger

from revenge.core.data import Transactions
from revenge.core.errors import Conflict, Unavailable
from revenge.media.errors import MediaError
from revenge.media.loudness import Loudness
from revenge.media.rendition import Source
from revenge.services.library.entity import StoredFile
from revenge.services.playback.choice import stamp_of
from revenge.services.playback.repository import LevelRepository


class Measurer(Protocol):
    """Who listens to a whole track."""

    async def measure(self, source: Source, stream: int) -> Loudness:
        """Return the track's loudness."""


class Levels:
    """Loudness of tracks. Files are measured one after another, and behind everybody who waits for something."""

    def __init__(self, database: Transactions, meter: Measurer) -> None:
        self.database = database
        self.meter = meter
        self.store = LevelRepository()
        self._measuring: dict[UUID, asyncio.Task[None]] = {}
        self._one = asyncio.Lock()

    async def gains(self, file: StoredFile, streams: Iterable[int]) -> tuple[tuple[int, int], ...]:
        """Return by how much (tenths of a decibel) each of the tracks is made louder; one nobody has measured yet is left as it is.

        Those are measured now, for the next time: a sound must not change in the middle of a viewing.
        """
        wanted = sorted(streams)
        if not wanted:
            return ()
        async with self.database.read() as db:
            known = await self.store.of(db, file.id, stamp_of(file))
        missing = [stream for stream in wanted if stream not in known]
        if missing and file.id not in self._measuring:
            task = self._measuring[file.id] = asyncio.create_task(self._measure(file, missing))
            task.add_done_callback(lambda _: self._measuring.pop(file.id, None))
        return tuple((stream, gain) for stream in wanted if stream in known and (gain := known[stream].gain))

    async def _measure(self, file: StoredFile, streams: Iterable[int]) -> None:
        if file.facts is None:
            return
        source = Source(file.path, file.id.hex, file.facts, stamp=stamp_of(file))
        try:
            async with self._one:
                for stream in streams:
                    loudness = await self.meter.measure(source, stream)
                    async with self.database.write() as db:
                        await self.store.set(db, file.id, stamp_of(file), stream, loudness)
        except (MediaError, Unavailable, Conflict) as error:
            logger.info("How loud {} is could not be measured now: {}", file.path, error)
