"""Tasks in time slots, done by the leader. Its token is checked in the transaction of each effect, and a slot can be taken only once."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from loguru import logger
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from revenge.core.data import Reading
from revenge.core.errors import Unavailable
from revenge.core.leadership import Leadership
from revenge.core.work import Ask
from revenge.infra.database import Database
from revenge.infra.epochs import Epochs
from revenge.infra.loops import end, keep
from revenge.infra.schedule.repository import ScheduleRepository, Taken
from revenge.infra.schedule.task import Run, Task, due

_REMEMBERED = 100
"""Slots of a task that stay on record."""
_ABANDONED = timedelta(minutes=1)
"""A slot nobody took for so long after it began: who has the newest token is gone."""
_LONGEST_REST = 60.0  # a machine that was asleep notices within a minute
_FOLLOWS = 5.0
_LAPSED = 0.5
_AWAY_SECONDS = 2.0
_AWAY = (Unavailable, SQLAlchemyError, OSError)

AskTime = Callable[[Reading], Awaitable[datetime]]


class Standing(Struct, frozen=True):
    """How a task stands."""

    task: Task
    last: Taken | None
    """The newest slot that was taken."""
    next: datetime


class _Fenced(Exception):
    """Another node has a newer token."""


class _Over(Exception):
    """This node does not lead any more, or not at the moment."""


class Schedule:
    """Runs tasks for as long as its lifetime lasts, on the node that leads."""

    def __init__(
        self, tasks: Sequence[Task], database: Database, node: str, leadership: Leadership, epochs: Epochs, clock: AskTime | None = None
    ) -> None:
        """`clock` is the database's unless a test brings one."""
        self._tasks = {task.name: task for task in tasks}
        self._database = database
        self._node = node
        self._leadership = leadership
        self._epochs = epochs
        self._rows = ScheduleRepository()
        self._now = clock or self._rows.now
        self._known: int | None = None
        self._fenced: int | None = None
        self._last: dict[str, datetime] = {}
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Schedule"]:
        """Keep the schedule for as long as the block lasts."""
        loops = (("the schedule", self._run), ("the schedule's ear", self._listen))
        tasks = [asyncio.create_task(keep(name, loop), name=name) for name, loop in loops]
        try:
            yield self
        finally:
            await end(tasks)

    async def standing(self) -> list[Standing]:
        """Return how every task stands; any node knows."""
        async with self._database.read() as db:
            at = await self._now(db)
            last = await self._rows.last(db, list(self._tasks))
        return [Standing(task, last.get(name), task.after(task.begun(at))) for name, task in self._tasks.items()]

    async def tick(self) -> float:
        """Do what is due, if this node leads; returns the seconds until something may be. Raises when the database is away."""
        token = self._leadership.token
        if token is None:
            return _FOLLOWS
        async with self._database.read() as db:
            at = await self._now(db)
            if token != self._known:
                self._last = {name: taken.slot for name, taken in (await self._rows.last(db, list(self._tasks))).items()}
        asked = time.monotonic()
        self._known = token
        if token == self._fenced:
            return await self._watch(token, at)
        try:
            for task in self._tasks.values():
                for slot in due(task, self._last.get(task.name), at):
                    await self._take(task, Run(task.name, slot, token))
                    self._last[task.name] = slot
        except _Over:
            return _LAPSED
        except _Fenced:
            logger.info("Another node has a newer token than {}; this one does not keep the schedule.", token)
            self._fenced = token
            return await self._watch(token, at)
        return self._until_next(at) - (time.monotonic() - asked)

    async def _take(self, task: Task, run: Run) -> None:
        """Take a slot and do its work, both or neither."""
        async with self._database.write() as db:
            await self._rows.hurry(db)
            if self._leadership.token != run.token:
                raise _Over
            if not await self._epochs.holds(db, run.token):
                raise _Fenced
            if not await self._rows.take(db, task.name, run.slot, self._node, run.token):
                return
            await self._rows.forget(db, task.name, _REMEMBERED)
            if isinstance(task.work, Ask):
                await db.ask(task.work)
            else:
                await task.work(db, run)

    async def _watch(self, token: int, at: datetime) -> float:
        """See whether whoever has the newest token uses it, and ask for a newer one when it does not."""
        async with self._database.read() as db:
            last = await self._rows.last(db, list(self._tasks))
        if any(at - slot > _ABANDONED for slot in self._untaken(last, at)):
            logger.info("Nobody keeps the schedule; this node asks for a newer token.")
            self._leadership.renew(token)
            return _FOLLOWS
        return min(self._until_next(at), _LONGEST_REST) + _ABANDONED.total_seconds()

    async def _run(self) -> None:
        while True:
            try:
                rest = await self.tick()
            except _AWAY as error:
                logger.debug("The schedule waits for the database: {}", error)
                rest = _AWAY_SECONDS
            await self._rest(max(rest, 0.01))

    async def _rest(self, seconds: float) -> None:
        """Wait for so long, or until leadership changes."""
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _listen(self) -> None:
        async for _ in self._leadership.changes():
            self._changed.set()

    def _untaken(self, last: Mapping[str, Taken], at: datetime) -> Iterator[datetime]:
        """The oldest slot of each task that has something to be done."""
        for name, task in self._tasks.items():
            taken = last[name].slot if name in last else None
            if due(task, taken, at):
                yield task.begun(at) if taken is None else task.after(taken)

    def _until_next(self, at: datetime) -> float:
        """Seconds until the next slot of any task begins."""
        ends = ((task.after(task.begun(at)) - at).total_seconds() for task in self._tasks.values())
        return min(min(ends, default=_LONGEST_REST) + 0.01, _LONGEST_REST)
