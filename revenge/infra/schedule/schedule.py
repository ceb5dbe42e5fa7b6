"""Tasks in time slots. Every node computes the same slots; the database lets one node have each of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from loguru import logger
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from revenge.core.clock import Clock, now
from revenge.core.errors import Unavailable
from revenge.core.work import Ask
from revenge.infra.database import Database
from revenge.infra.loops import end, keep
from revenge.infra.schedule.repository import ScheduleRepository

_REMEMBERED = 100
"""Slots of a task that stay on record."""

_LONGEST_REST = 60.0  # a machine that was asleep, or whose clock was set, notices within a minute
_AWAY_SECONDS = 5.0
_AWAY = (Unavailable, SQLAlchemyError, OSError)

Work = Ask | Callable[[], Awaitable[None]]


class Every(Struct, frozen=True):
    """Something to be done once in each slot, by whichever node takes it."""

    name: str
    """Names it in the database: the same on every node."""
    interval: timedelta
    """Slots begin at whole multiples of it, counted from 1970 in UTC: a day's at midnight."""
    work: Work
    """A job, asked for in the transaction that takes the slot; or a coroutine function for small things, at most once per slot."""

    def slot(self, at: datetime) -> datetime:
        """The beginning of the slot a moment lies in."""
        seconds = self.interval.total_seconds()
        return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


class Schedule:
    """Runs tasks for as long as its lifetime lasts. A slot nobody had when a node starts is done then: one missed night is made up for."""

    def __init__(self, tasks: Sequence[Every], database: Database, node: str, clock: Clock = now) -> None:
        self._tasks = tasks
        self._database = database
        self._node = node
        self._clock = clock
        self._rows = ScheduleRepository()
        self._seen: dict[str, datetime] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Schedule"]:
        """Keep the schedule for as long as the block lasts; coroutines that still run then are cancelled."""
        task = asyncio.create_task(keep("the schedule", self._run), name="schedule")
        try:
            yield self
        finally:
            await end([task, *self._running.values()])

    async def tick(self) -> None:
        """Take every slot that has begun and was not looked at yet. Raises when the database is away."""
        for task in self._tasks:
            slot = task.slot(self._clock())
            if self._seen.get(task.name) != slot:
                await self._take(task, slot)
                self._seen[task.name] = slot

    async def _take(self, task: Every, slot: datetime) -> None:
        async with self._database.write() as db:
            taken = await self._rows.take(db, task.name, slot, self._node)
            if taken:
                await self._rows.forget(db, task.name, slot - _REMEMBERED * task.interval)
                if isinstance(task.work, Ask):
                    await db.ask(task.work)
        if taken and not isinstance(task.work, Ask):
            self._start(task.name, task.work)

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        if name in self._running:
            logger.warning("{} still runs from an earlier slot; this one is left out.", name)
            return
        task = self._running[name] = asyncio.create_task(_told(name, work), name=f"schedule {name}")
        task.add_done_callback(lambda _: self._running.pop(name))

    async def _run(self) -> None:
        while True:
            try:
                await self.tick()
            except _AWAY as error:
                logger.debug("The schedule waits for the database: {}", error)
                await asyncio.sleep(_AWAY_SECONDS)
            else:
                await asyncio.sleep(self._rest())

    def _rest(self) -> float:
        """Seconds until the next slot of any task begins."""
        at = self._clock()
        ends = ((task.slot(at) + task.interval - at).total_seconds() for task in self._tasks)
        return min(min(ends, default=_LONGEST_REST) + 0.01, _LONGEST_REST)


async def _told(name: str, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - the next slot comes whatever this one raised
        logger.opt(exception=error).error("{} failed; its next turn comes.", name)
