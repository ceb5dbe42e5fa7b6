"""One run of one job: claimed in the outbox, timed, and settled there whatever happens. What runs can be called back or cancelled."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec
from arq.worker import Retry
from loguru import logger

from revenge.core.events import JobMoved
from revenge.core.qos import Qos, as_urgent_as
from revenge.infra.jobs.account import Accounts
from revenge.infra.jobs.job import Body, Call, Job, JobContext, Overtaken, Queue
from revenge.infra.jobs.ledger import AWAY, Ledger
from revenge.infra.jobs.repository import Claim
from revenge.infra.trace import UNTRACED, Tracer

LEASE_SLACK = 5.0
"""Seconds beyond the longest timeout after which a run that said nothing is believed dead."""

Ran = Callable[[str, str, float], None]

_UNKNOWN_WAIT = 30.0
_AWAY_WAIT = 2.0


def unheard(_name: str, _outcome: str, _seconds: float) -> None:
    """What hears of runs where nobody counts them."""


class _Body:
    """One body at work."""

    def __init__(self, job: Job, task: asyncio.Task[None]) -> None:
        self.job = job
        self.task = task
        self.cancelled = False


class Runner:
    """Knows every job of this node and runs them by the id of their row."""

    def __init__(self, jobs: Iterable[Job], ledger: Ledger, accounts: Accounts, ran: Ran = unheard, tracer: Tracer = UNTRACED) -> None:
        """`ran` is told the name, the outcome and the seconds of each run."""
        self._bodies: dict[str, Body] = {}
        for job in jobs:
            if job.name in self._bodies:
                raise ValueError(f"Two jobs are named {job.name}.")
            self._bodies[job.name] = Body(job)
        self._ledger = ledger
        self._accounts = accounts
        self._ran = ran
        self._tracer = tracer
        self._at_work: dict[UUID, _Body] = {}

    @property
    def jobs(self) -> dict[str, Job]:
        """The jobs by name."""
        return {name: body.job for name, body in self._bodies.items()}

    def longest(self, queue: Queue) -> float:
        """Seconds of the longest timeout in a queue."""
        return max((job.timeout for job in self.jobs.values() if job.queue == queue), default=0.0)

    def for_queue(self, queue: Queue) -> Any:
        """Return what arq calls with each id of a queue."""
        lease = self.longest(queue) + LEASE_SLACK

        async def run(_context: dict[Any, Any], id: str, sends: int) -> None:
            await self.run(UUID(id), sends, lease)

        return run

    async def run(self, id: UUID, sends: int, lease: float) -> None:
        """Run one row if it is this node's to run. Being cancelled gives it back."""
        beginning = asyncio.ensure_future(self._ledger.begin(id, sends, lease))
        try:
            claim = await asyncio.shield(beginning)
        except asyncio.CancelledError:
            if late := await beginning:
                await self._ledger.give_back(late)
            return
        except AWAY as error:
            logger.debug("The job {} waits for the database: {}", id, error)
            raise Retry(defer=_AWAY_WAIT) from None
        if claim is not None:
            await self._run(claim)

    def recall(self, queue: Queue, slots: int) -> None:
        """Stop what runs beyond so many jobs of the queue, the latest begun first; it goes back and is run later. What is done once goes on."""
        running = [one for one in self._at_work.values() if one.job.queue == queue]
        for one in reversed(running[slots:]):
            if not one.job.once:
                one.task.cancel()

    def cancel(self, id: UUID) -> None:
        """Stop a job for good, if it runs here."""
        if one := self._at_work.get(id):
            one.cancelled = True
            one.task.cancel()

    async def _run(self, claim: Claim) -> None:
        with self._accounts.of(claim.id, claim.tries):
            await self._decide(claim)

    async def _decide(self, claim: Claim) -> None:
        body = self._bodies.get(claim.job)
        if body is None:
            await self._ledger.give_back(claim, _UNKNOWN_WAIT)
        elif claim.cancelled:
            await self._cancel(body, claim)
        elif claim.lost and body.job.once:
            await self._fail(body, claim, RuntimeError("its node ended while it ran, and it may have taken effect"), final=True)
        elif claim.tries > body.job.tries:
            await self._fail(body, claim, RuntimeError("its node ended while it ran, each time it was tried"))
        else:
            await self._attempt(body, claim)

    async def _attempt(self, body: Body, claim: Claim) -> None:
        at_work = self._at_work[claim.id] = _Body(body.job, asyncio.create_task(self._call(body.run, body.job, claim)))
        began = time.monotonic()
        try:
            await at_work.task
        except asyncio.CancelledError:
            outcome = await asyncio.shield(self._stopped(body, claim, at_work))
        except Overtaken as error:
            outcome = "overtaken"
            logger.info("The job {} ({}) stopped: {}", body.job.name, claim.key, error)
        except Exception as error:  # noqa: BLE001 - whatever a body raises is a failed try with a reason
            outcome = "failed"
            await self._fail(body, claim, error, final=body.job.once and isinstance(error, TimeoutError))
        else:
            outcome = "done"
            await self._ledger.finish(claim)
        finally:
            del self._at_work[claim.id]
        self._ran(body.job.name, outcome, time.monotonic() - began)

    async def _stopped(self, body: Body, claim: Claim, at_work: _Body) -> str:
        """Settle a run that was stopped: from outside, to make room, or because nobody wants it any more."""
        at_work.task.cancel()
        await asyncio.wait([at_work.task])
        if at_work.cancelled:
            await self._cancel(body, claim)
            return "cancelled"
        if body.job.once:
            await self._fail(body, claim, RuntimeError("it was stopped while it ran, and it may have taken effect"), final=True)
            return "failed"
        await self._ledger.give_back(claim)
        return "returned"

    async def _cancel(self, body: Body, claim: Claim) -> None:
        logger.info("The job {} ({}) is cancelled.", body.job.name, claim.key)
        if await self._tell(body, claim):
            await self._ledger.cancel(claim, "it was cancelled")
            await self._accounts.tell(JobMoved(id=claim.id, job=claim.job, key=claim.key, state="cancelled"))

    async def _call(self, call: Call, job: Job, claim: Claim) -> None:
        context = JobContext(claim.id, claim.key, claim.tries, last=claim.tries >= job.tries, account=self._accounts)
        try:
            async with asyncio.timeout(job.timeout) as limit:
                with as_urgent_as(Qos.BACKGROUND), self._tracer.span(f"job {job.name}", "consumer", claim.trace, job_key=claim.key):
                    await call(claim.args, context)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(f"it took longer than {job.timeout:g} s") from error

    async def _fail(self, body: Body, claim: Claim, error: Exception, *, final: bool = False) -> None:
        job = body.job
        wait = None if final else job.wait_after(claim.tries, error)
        reason = (
            f"{type(error).__name__}: {error}" if not isinstance(error, msgspec.ValidationError) else f"its arguments do not fit: {error}"
        )
        if wait is None:
            logger.opt(exception=error).error(
                "The job {} ({}) failed for good after {} tries: {}", job.name, claim.key, claim.tries, reason
            )
            if not await self._tell(body, claim):
                return
        else:
            logger.warning("The job {} ({}) failed, next try in {:.0f} s: {}", job.name, claim.key, wait, reason)
        await self._ledger.fail(claim, reason[:2000], wait)
        if wait is None:
            await self._accounts.tell(JobMoved(id=claim.id, job=claim.job, key=claim.key, state="failed"))

    async def _tell(self, body: Body, claim: Claim) -> bool:
        """Tell whoever waits for the job that it is given up; False when that must be tried again, which the end of the lease sees to."""
        try:
            if body.gave_up is not None:
                await self._call(body.gave_up, body.job, claim)
        except (*AWAY, asyncio.CancelledError) as error:
            logger.debug("That the job {} is given up cannot be told now: {}", claim.id, error)
            return False
        except Exception:  # noqa: BLE001 - it has failed, whatever else fails with it
            logger.exception("Nobody could be told that the job {} ({}) is given up", body.job.name, claim.key)
        return True
