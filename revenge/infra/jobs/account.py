"""How runs are getting on: their progress and the lines they log, for whoever looks, and the end that is part of a transaction."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from loguru import logger

from revenge.core.data import Writing
from revenge.core.events import Event, JobMoved
from revenge.infra.database import Database
from revenge.infra.database.database import Publish
from revenge.infra.jobs.job import Overtaken
from revenge.infra.jobs.ledger import AWAY
from revenge.infra.jobs.repository import Line, OutboxRepository
from revenge.infra.loops import end, keep
from revenge.infra.mask import Masker

if TYPE_CHECKING:
    from loguru import Message, Record

_EVERY_SECONDS = 1.0
_MOST_LINES = 2000
"""Lines that wait to be written; beyond them the oldest are lost, as they are when the database stays away."""
_LONGEST_LINE = 2000


class Accounts:
    """Writes for all runs of one node. What is logged while a body runs is the job's log, whoever logs it."""

    def __init__(self, database: Database, publish: Publish | None) -> None:
        self._database = database
        self._publish = publish
        self._rows = OutboxRepository()
        self._told: dict[UUID, float] = {}
        """When each running job last showed its progress."""
        self._lines: deque[Line] = deque(maxlen=_MOST_LINES)
        self._mask = Masker()

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Accounts"]:
        """Hear what is logged for as long as the block lasts, and write it every second."""
        sink = logger.add(self._hear, level="INFO", format="{message}", filter=_of_a_job)
        writing = asyncio.create_task(keep("jobs logs", self._write), name="job logs")
        try:
            yield self
        finally:
            logger.remove(sink)
            await end([writing])
            await self._flush()

    async def progress(self, id: UUID, attempt: int, done: int, total: int) -> None:
        """Show that so much of so much is done; at most once a second, and at the end."""
        now = time.monotonic()
        if now - self._told.get(id, 0.0) < _EVERY_SECONDS and done < total:
            return
        self._told[id] = now
        async with self._database.read() as db:
            found = await self._rows.progress(db, id, attempt, done, total)
        if found:
            await self.tell(JobMoved(id=id, job=found[0], key=found[1], state="running", done=done, total=total))

    async def settle(self, db: Writing, id: UUID, attempt: int) -> None:
        """Close the job in this transaction; Overtaken when it is not this run's to close."""
        if not await self._rows.settle_here(db, id, attempt):
            raise Overtaken(f"The job {id} is not this node's any more.")

    @contextmanager
    def of(self, id: UUID, attempt: int) -> Iterator[None]:
        """The block is a run of this job."""
        self._told[id] = 0.0
        try:
            with logger.contextualize(job=str(id), attempt=attempt):
                yield
        finally:
            self._told.pop(id, None)

    async def tell(self, event: Event) -> None:
        """Publish an event; nobody is held up when that fails."""
        if self._publish is not None:
            try:
                await self._publish([event])
            except Exception as error:  # noqa: BLE001 - whatever the feed raises, the job goes on
                logger.debug("What happened to a job was not told: {!r}", error)

    def _hear(self, message: "Message") -> None:
        record = message.record
        id = UUID(record["extra"]["job"])
        if id in self._told:
            text = self._mask(record["message"])[:_LONGEST_LINE]
            self._lines.append(Line(id, record["extra"]["attempt"], record["level"].name.lower(), text, record["time"]))

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        lines, count = list(self._lines), len(self._lines)
        if not lines:
            return
        try:
            async with self._database.read() as db:
                await self._rows.write_log(db, lines)
        except AWAY as error:
            logger.debug("Logs of jobs wait for the database: {}", error)
            return
        for _ in range(min(count, len(self._lines))):
            self._lines.popleft()


def _of_a_job(record: "Record") -> bool:
    return "job" in record["extra"]
