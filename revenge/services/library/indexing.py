"""Where pictures can be cut, of files that tell it only to whoever reads all of them: found out before somebody wants to watch.

A recording of many hours takes minutes to read, and a job may take one: it reads for a while, writes down how far it has come, and asks
for the next step.
"""

from pathlib import Path
from typing import Protocol
from uuid import UUID

from loguru import logger

from revenge.core.data import Transactions
from revenge.core.errors import Unavailable
from revenge.core.facts import MediaFacts
from revenge.core.ids import ItemRef
from revenge.core.work import Ask
from revenge.infra.jobs import JobContext
from revenge.media.errors import MediaError
from revenge.media.probed import Read
from revenge.services.library.entity import StoredFile
from revenge.services.library.repository import FileRepository, ReadingRepository

STEP_S = 20.0
"""Seconds of reading in one step: little is lost with a node that dies, and others get their turn at the disk."""
_BEGIN_S = 8.0
"""Seconds to wait for a turn; after them the step is put off, so that it never uses up its job's time by waiting."""


class Reader(Protocol):
    """Who reads files on, away from this process."""

    async def read_on(self, path: Path | str, facts: MediaFacts, so_far: bytes | None, *, seconds: float, begin: float) -> Read:
        """Read on for so many seconds. Unavailable: it could not begin in so many. MediaError: the file cannot be read."""


class Indexing:
    """Reads files from end to end, step by step."""

    def __init__(self, database: Transactions, reader: Reader) -> None:
        self.database = database
        self.reader = reader
        self.files = FileRepository()
        self.readings = ReadingRepository()

    async def ask(self, item: ItemRef) -> None:
        """Ask for the item's files that have to be read, each by a job of its own."""
        async with self.database.write() as db:
            files = [file for file in await self.files.without_keyframes(db, item) if _readable(file)]
            await db.ask(*map(_step, files))

    async def step(self, id: UUID, context: JobContext) -> None:
        """Read one file on for a while, and ask for the next step where that was not all of it."""
        async with self.database.read() as db:
            file = next(iter(await self.files.stored(db, [id])), None)
            if file is None or file.facts is None or not _readable(file) or await self.files.keyframes(db, id) is not None:
                return
            so_far = await self.readings.so_far(db, file)
        try:
            read = await self.reader.read_on(file.path, file.facts, so_far, seconds=STEP_S, begin=_BEGIN_S)
        except Unavailable as error:
            logger.debug("{} is read later: {}", file.path, error)
            async with self.database.write() as db:
                await db.ask(_step(file))
            return
        except MediaError as error:
            logger.info("Where {} can be cut is left open: {}", file.path, error)
            read = Read(None, None, 0)
        if read.position:
            await context.progress(read.position, file.size)
        await self._write(file, read)

    async def _write(self, file: StoredFile, read: Read) -> None:
        async with self.database.write() as db:
            if read.so_far is not None:
                await self.readings.keep(db, file, read.so_far)
                await db.ask(_step(file))
                return
            await self.readings.forget(db, file)
            if read.packed is not None:
                await self.files.set_keyframes(db, file.id, read.packed)


def _readable(file: StoredFile) -> bool:
    return file.available and file.facts is not None and file.facts.video is not None


def _step(file: StoredFile) -> Ask:
    return Ask("library.index", str(file.id), {"id": str(file.id)})
