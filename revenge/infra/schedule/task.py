"""What is to be done again and again, and when: every node computes the same slots, from one clock and in UTC."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal, Protocol

from cronsim import CronSim
from msgspec import Struct

from revenge.core.data import Writing
from revenge.core.work import Ask

LATE = timedelta(minutes=1)
"""A slot that began longer ago than this was missed: nobody led, or the database was away."""
MOST = 100
"""Missed slots of one task that are made up for at once."""

Missed = Literal["skip", "last", "all"]
"""What is done about slots that were missed: nothing, the newest of them, or each."""


class Run(Struct, frozen=True):
    """One slot of one task, and the right to do it."""

    task: str
    slot: datetime
    token: int
    """The fencing token it was checked under."""


Work = Ask | Callable[[Writing, Run], Awaitable[None]]
"""A job, asked for in the transaction that takes the slot; or what is done inside that transaction, and so exactly once."""


class Task(Protocol):
    """Something to be done once in each of its slots."""

    @property
    def name(self) -> str:
        """Names it in the database: the same on every node."""

    @property
    def rule(self) -> str:
        """When it is due, for people: `0:01:00`, `30 3 * * *`."""

    @property
    def work(self) -> Work:
        """What to do."""

    @property
    def missed(self) -> Missed:
        """What to do about missed slots."""

    def begun(self, at: datetime) -> datetime:
        """The newest slot that has begun."""

    def after(self, slot: datetime) -> datetime:
        """The slot that follows."""


class Every(Struct, frozen=True):
    """Due at whole multiples of an interval, counted from 1970 in UTC: a day's at midnight."""

    name: str
    interval: timedelta
    work: Work
    missed: Missed = "last"

    @property
    def rule(self) -> str:
        """The interval."""
        return str(self.interval)

    def begun(self, at: datetime) -> datetime:
        """The beginning of the slot a moment lies in."""
        seconds = self.interval.total_seconds()
        return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)

    def after(self, slot: datetime) -> datetime:
        """One interval later."""
        return slot + self.interval


class Cron(Struct, frozen=True, dict=True):
    """Due as cron says (`30 3 * * *`: at half past three), in UTC."""

    name: str
    rule: str
    """Minute, hour, day of the month, month, day of the week; cronsim's CronSimError for one that cannot be read."""
    work: Work
    missed: Missed = "last"

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be read."""
        assert self._first

    def begun(self, at: datetime) -> datetime:
        """The newest minute of the rule."""
        return next(CronSim(self.rule, at + timedelta(microseconds=1), reverse=True))

    def after(self, slot: datetime) -> datetime:
        """The next minute of the rule."""
        return next(CronSim(self.rule, slot))

    @cached_property
    def _first(self) -> datetime:
        return next(CronSim(self.rule, datetime(1970, 1, 1, tzinfo=UTC)))


def due(task: Task, last: datetime | None, at: datetime) -> list[datetime]:
    """Return the slots to be done now, oldest first, where `last` is the newest one that was taken."""
    newest = task.begun(at)
    if last is not None and newest <= last:
        return []
    if task.missed == "skip":
        return [newest] if at - newest <= LATE else []
    if task.missed == "all" and last is not None:
        return list(deque(_between(task, last, newest), maxlen=MOST))
    return [newest]


def _between(task: Task, last: datetime, newest: datetime) -> Iterator[datetime]:
    slot = task.after(last)
    while slot <= newest:
        yield slot
        slot = task.after(slot)
