"""Jobs: looked at, tried again, cancelled, forgotten."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from revenge.core.data import Transactions
from revenge.core.errors import Conflict, absent
from revenge.core.events import JobMoved
from revenge.core.page import Page, PageQuery
from revenge.services.jobs.entity import (
    JobDetails,
    JobEntry,
    JobQuery,
    Kept,
    LogLine,
    Machine,
    Queues,
    QueueState,
    Retried,
    RetryAll,
    Standing,
)
from revenge.services.jobs.repository import JobRepository
from revenge.services.jobs.waits import Situation, waits


class Jobs:
    """What waits, runs and failed, on all nodes."""

    def __init__(
        self,
        database: Transactions,
        machine: Machine,
        idle_slots: Mapping[Any, int],
        streams: Callable[[], int],
        failing: Callable[[], Sequence[str]],
    ) -> None:
        """`idle_slots`: jobs of each queue that run at once while nobody watches; `streams` counts who does; `failing` names broken parts."""
        self.database = database
        self.machine = machine
        self.idle_slots = idle_slots
        self.streams = streams
        self.failing = failing
        self.store = JobRepository()

    async def page(self, query: JobQuery) -> Page[JobEntry]:
        """Return one page of jobs, the one asked for last first."""
        async with self.database.read() as db:
            found = await self.store.page(db, query, query.state, self._kinds(query))
        return Page([self._entry(kept) for kept in found.items], found.next)

    async def get(self, id: UUID) -> JobDetails:
        """Return one job, or NotFound."""
        kept = await self._find(id)
        return JobDetails(self._entry(kept), kept.args)

    async def log(self, id: UUID, query: PageQuery) -> Page[LogLine]:
        """Return what the job's runs had to say, the latest first; NotFound when there is no such job."""
        await self._find(id)
        async with self.database.read() as db:
            return await self.store.log(db, query, id)

    async def retry(self, id: UUID) -> JobEntry:
        """Let a failed or cancelled job wait anew. NotFound, or Conflict when it is open, or the same waits already."""
        kept = await self._find(id)
        async with self.database.write() as db:
            if not await self.store.retry(db, id):
                raise Conflict("This job waits or runs already, or is done.", code="job_not_failed")
            db.after(JobMoved(id=id, job=kept.job, key=kept.key, state="waiting"))
        self.machine.wake()
        return self._entry(await self._find(id))

    async def retry_all(self, which: RetryAll) -> Retried:
        """Let all failed jobs, or those of one kind, wait anew."""
        async with self.database.write() as db:
            count = await self.store.retry_all(db, which.job)
        self.machine.wake()
        return Retried(count)

    async def cancel(self, id: UUID) -> JobEntry:
        """Cancel a job that waits, or stop it where it runs. NotFound, or Conflict when it has ended."""
        kept = await self._find(id)
        told = [name for name, kind in self.machine.jobs.items() if kind.gave_up is not None]
        async with self.database.write() as db:
            if not await self.store.cancel(db, id, told):
                raise Conflict("This job has ended already.", code="job_ended")
            db.after(JobMoved(id=id, job=kept.job, key=kept.key, state="cancelled"))
        self.machine.wake()
        return self._entry(await self._find(id))

    async def discard(self, id: UUID) -> None:
        """Forget a failed or cancelled job. NotFound, or Conflict when it is neither."""
        await self._find(id)
        async with self.database.write() as db:
            if not await self.store.discard(db, id):
                raise Conflict("Only a job that failed or was cancelled can be forgotten.", code="job_not_failed")

    async def queues(self) -> Queues:
        """Return how the queues stand, and why something waits in them."""
        standing = await self.machine.standing()
        async with self.database.read() as db:
            failed = await self.store.failed(db)
        jobs = self.machine.jobs
        states = [
            self._queue(name, [one for one in standing if one.job in jobs and jobs[one.job].queue == name], failed)
            for name in self.idle_slots
        ]
        unknown = sorted(one.job for one in standing if one.job not in jobs)
        return Queues(self.machine.node, self.streams(), self.machine.throttle, states, unknown)

    def _queue(self, name: str, standing: Sequence[Standing], failed: dict[str, int]) -> QueueState:
        slots, here = self.machine.slots[name], self.machine.running().get(name, 0)
        due, later = sum(one.due for one in standing), sum(one.later for one in standing)
        away = "store" in self.failing()
        return QueueState(
            name,
            slots,
            self.idle_slots[name],
            here,
            sum(one.running for one in standing),
            due,
            later,
            sum(count for job, count in failed.items() if job in self.machine.jobs and self.machine.jobs[job].queue == name),
            _first(one.due_since for one in standing),
            _first(one.next_at for one in standing),
            waits(Situation(due, later, slots, self.idle_slots[name], here, self.streams(), away)),
        )

    def _kinds(self, query: JobQuery) -> list[str] | None:
        """Return the kinds a query asks for; None for all."""
        if query.job is not None:
            return [query.job]
        if query.queue is not None:
            return [name for name, kind in self.machine.jobs.items() if kind.queue == query.queue]
        return None

    async def _find(self, id: UUID) -> Kept:
        async with self.database.read() as db:
            return await self.store.find(db, id) or absent("job", id)

    def _entry(self, kept: Kept) -> JobEntry:
        kind = self.machine.jobs.get(kept.job)
        return JobEntry(
            kept.id,
            kept.job,
            kind.queue if kind else None,
            kept.key,
            kept.state,
            kept.tries,
            kind.tries if kind else None,
            kept.created_at,
            kept.run_at,
            kept.started_at,
            kept.finished_at,
            kept.node,
            kept.error,
            kept.done,
            kept.total,
            kept.cancelled and kept.finished_at is None,
        )


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
