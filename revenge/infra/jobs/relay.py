"""Hands waiting rows over to the store, where every node's workers find them."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence

from arq.utils import timestamp_ms
from loguru import logger

from revenge.infra.cache.store import GONE, Store
from revenge.infra.database import Database
from revenge.infra.jobs.codec import KEEP_MS, job_id, job_key, payload, queue_key
from revenge.infra.jobs.job import Job, Queue
from revenge.infra.jobs.ledger import AWAY
from revenge.infra.jobs.repository import OutboxRepository, Sent

BATCH = 100
"""What one taking returns at most."""

_AHEAD_MS = 3_600_000
"""How much longer than they have, jobs that go ahead seem to have waited."""
_IDLE_SECONDS = 1.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0


class Relay:
    """Takes due rows, at most 100 at a time, and puts their ids into the store. Any number of nodes may do it at once.

    The rows are marked first: should the node die before the store has them, the reconciler finds them missing there.
    """

    def __init__(self, database: Database, store: Store, jobs: Mapping[str, Job], handed: Callable[[Queue], None]) -> None:
        self._database = database
        self._store = store
        self._jobs = jobs
        self._handed = handed
        self._rows = OutboxRepository()
        self._due = asyncio.Event()
        self._stopped = asyncio.Event()

    def wake(self, _payload: str = "") -> None:
        """Something may be due: look at once."""
        self._due.set()

    def stop(self) -> None:
        """Hand over nothing more; `run` ends."""
        self._stopped.set()
        self._due.set()

    async def run(self) -> None:
        """Hand over until stopped, waiting for a database or a store that is away."""
        wait = 0.0
        while not self._stopped.is_set():
            self._due.clear()
            try:
                if wait:
                    await self._store.ping()
                count = await self.hand_over()
            except (*AWAY, *GONE) as error:
                if not wait:
                    logger.warning("Jobs wait in the outbox: {}", error)
                wait = min(wait * 2 or _FIRST_WAIT, _LONGEST_WAIT)
                await _until(self._stopped, wait)
            else:
                wait = 0.0
                if count < BATCH:
                    await _until(self._due, _IDLE_SECONDS)

    async def hand_over(self) -> int:
        """Send what is due, at most 100 rows; returns how many. Raises when the database or the store is away."""
        async with self._database.read() as db:
            rows = await self._rows.take(db, list(self._jobs))
        if not rows:
            return 0
        try:
            await self._put(rows)
        except GONE:
            await self._take_back(rows)
            raise
        for queue in {self._jobs[row.job].queue for row in rows}:
            self._handed(queue)
        return len(rows)

    async def _put(self, rows: Sequence[Sent]) -> None:
        """Do what arq's enqueuing does, for all rows in one round trip; an id that is there already stays as it is."""
        queues: dict[Queue, dict[str, int]] = {}
        async with self._store.redis.pipeline(transaction=True) as pipe:
            for row in rows:
                job = self._jobs[row.job]
                pipe.set(job_key(row), payload(row), nx=True, px=KEEP_MS)
                queues.setdefault(job.queue, {})[job_id(row)] = timestamp_ms() - job.ahead * _AHEAD_MS
            for queue, ids in queues.items():
                pipe.zadd(queue_key(queue), ids, nx=True)
            await pipe.execute()

    async def _take_back(self, rows: Sequence[Sent]) -> None:
        """Unmark what the store did not get; if the database is away, too, the reconciler will."""
        with contextlib.suppress(*AWAY):
            async with self._database.read() as db:
                await self._rows.unsend(db, rows)


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
