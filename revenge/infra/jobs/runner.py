"""One run of one job: claimed in the outbox, timed, and settled there whatever happens."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from arq.worker import Retry
from loguru import logger

from revenge.core.qos import Qos, as_urgent_as
from revenge.infra.jobs.job import Body, Call, Job, JobContext, Queue
from revenge.infra.jobs.ledger import AWAY, Ledger
from revenge.infra.jobs.repository import Claim

LEASE_SLACK = 5.0
"""Seconds beyond the longest timeout after which a run that said nothing is believed dead."""

_UNKNOWN_WAIT = 30.0
_AWAY_WAIT = 2.0


class Runner:
    """Knows every job of this node and runs them by the id of their row."""

    def __init__(self, jobs: Iterable[Job], ledger: Ledger) -> None:
        self._bodies: dict[str, Body] = {}
        for job in jobs:
            if job.name in self._bodies:
                raise ValueError(f"Two jobs are named {job.name}.")
            self._bodies[job.name] = Body(job)
        self._ledger = ledger

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

    async def _run(self, claim: Claim) -> None:
        body = self._bodies.get(claim.job)
        if body is None:
            await self._ledger.give_back(claim, _UNKNOWN_WAIT)
        elif claim.tries > body.job.tries:
            await self._fail(body, claim, RuntimeError("its node ended while it ran, each time it was tried"))
        else:
            await self._attempt(body, claim)

    async def _attempt(self, body: Body, claim: Claim) -> None:
        try:
            await self._call(body.run, body.job, claim)
        except asyncio.CancelledError:
            await asyncio.shield(self._ledger.give_back(claim))
        except Exception as error:  # noqa: BLE001 - whatever a body raises is a failed try with a reason
            await self._fail(body, claim, error)
        else:
            await self._ledger.finish(claim)

    async def _call(self, call: Call, job: Job, claim: Claim) -> None:
        context = JobContext(claim.id, claim.key, claim.tries, last=claim.tries >= job.tries)
        try:
            async with asyncio.timeout(job.timeout) as limit:
                with as_urgent_as(Qos.BACKGROUND):
                    await call(claim.args, context)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(f"it took longer than {job.timeout:g} s") from error

    async def _fail(self, body: Body, claim: Claim, error: Exception) -> None:
        job = body.job
        wait = job.wait_after(claim.tries, error)
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
