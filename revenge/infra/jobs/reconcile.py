"""Finds what the store has lost: rows that were handed over, have not finished, and that the store does not know."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from uuid import UUID

from loguru import logger

from revenge.infra.cache.store import GONE, Store
from revenge.infra.database import Database
from revenge.infra.jobs.codec import job_id, job_key, progress_key, queue_key
from revenge.infra.jobs.job import Job
from revenge.infra.jobs.ledger import AWAY
from revenge.infra.jobs.repository import OutboxRepository, Sent

_MARK = "revenge:jobs:mark"
"""Holds the name of the store's life in which somebody looked: gone or another after a flush or a restart."""

_LOOK_SECONDS = 2.0
_AWAY_SECONDS = 1.0
_EVERY_SECONDS = 60.0
_PURGE_SECONDS = 3600.0
_FIRST = UUID(int=0)


class Reconciler:
    """Looks at the mark every few seconds, and at the rows when it is wrong or a minute has passed."""

    def __init__(self, database: Database, store: Store, jobs: Mapping[str, Job], lost: Callable[[], None]) -> None:
        self._database = database
        self._store = store
        self._jobs = jobs
        self._lost = lost
        self._rows = OutboxRepository()
        self._next = 0.0
        self._next_purge = 0.0

    async def run(self) -> None:
        """Reconcile for ever; a database or a store that is away is waited for."""
        while True:
            try:
                await self.look()
            except (*AWAY, *GONE) as error:
                logger.debug("Jobs are not compared with the store now: {}", error)
                await asyncio.sleep(_AWAY_SECONDS)
            else:
                await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Reconcile if it is time, or if the store forgot the mark; tidy up once an hour."""
        marked = await self._store.redis.get(_MARK)
        life = self._store.life or b"-"
        if marked != life or time.monotonic() >= self._next:
            self._next = 0.0
            await self._store.redis.set(_MARK, life)  # first: what is flushed from here on takes the mark with it
            await self.reconcile()
            await self._warn_of_strangers()
            self._next = time.monotonic() + _EVERY_SECONDS
        if time.monotonic() >= self._next_purge:
            self._next_purge = time.monotonic() + _PURGE_SECONDS
            async with self._database.read() as db:
                await self._rows.purge(db)

    async def reconcile(self) -> int:
        """Let every lost row be sent again; returns how many there were.

        A row that its relay is just handing over may count as lost: it gets a new number then, and the old one starts nothing.
        """
        found = 0
        async for rows in self._in_flight():
            lost = await self._missing([row for row in rows if row.job in self._jobs])
            if lost:
                async with self._database.read() as db:
                    found += await self._rows.unsend(db, lost)
        if found:
            logger.info("{} jobs the store had lost are sent again.", found)
            self._lost()
        return found

    async def release(self, node: str) -> int:
        """Let go of what an earlier life of this node had taken out of the store but not begun; returns how many rows those were."""
        found = 0
        async for rows in self._in_flight():
            taken = [progress_key(job_id(row)) for row in rows]
            mine = [key for key, holder in zip(taken, await self._store.redis.mget(taken), strict=True) if holder == node.encode()]
            found += await self._store.redis.delete(*mine) if mine else 0
        return found

    async def _in_flight(self) -> AsyncGenerator[Sequence[Sent]]:
        after = _FIRST
        while True:
            async with self._database.read() as db:
                rows = await self._rows.in_flight(db, after)
            if not rows:
                return
            after = rows[-1].id
            yield rows

    async def _missing(self, rows: Sequence[Sent]) -> list[Sent]:
        """Return those the store has not: a row needs both its body and its place in the queue."""
        async with self._store.redis.pipeline(transaction=False) as pipe:
            for row in rows:
                pipe.exists(job_key(row))
                pipe.zscore(queue_key(self._jobs[row.job].queue), job_id(row))
            answers = await pipe.execute() if rows else []
        there = zip(answers[::2], answers[1::2], strict=True)
        return [row for row, (body, place) in zip(rows, there, strict=True) if not body or place is None]

    async def _warn_of_strangers(self) -> None:
        async with self._database.read() as db:
            strangers = await self._rows.unknown(db, list(self._jobs))
        if strangers:
            logger.warning("Jobs wait that this node does not know, for a newer node perhaps: {}", ", ".join(sorted(strangers)))
