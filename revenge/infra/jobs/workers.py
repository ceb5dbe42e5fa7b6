"""All that moves jobs on one node: relay, reconciler and one worker per queue, in the node's own event loop."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from arq.connections import ArqRedis
from loguru import logger

from revenge.infra.cache.store import GONE, Store
from revenge.infra.database import Database
from revenge.infra.jobs.codec import KEEP_MS, decode, encode
from revenge.infra.jobs.job import CEILINGS, QUEUES, Job, Queue
from revenge.infra.jobs.ledger import AWAY, Ledger
from revenge.infra.jobs.reconcile import Reconciler
from revenge.infra.jobs.relay import Relay
from revenge.infra.jobs.repository import FailedJob, OutboxRepository
from revenge.infra.jobs.runner import Runner
from revenge.infra.jobs.worker import QueueWorker
from revenge.infra.loops import end, keep
from revenge.infra.notices import Listener

_CANCEL_SECONDS = 5.0


class Workers:
    """Hands over and runs the jobs of this node.

    `node` names it across restarts: what it was running when it died is taken up again at once, and not only when its lease has ended.
    """

    def __init__(self, jobs: Iterable[Job], database: Database, store: Store, listener: Listener, node: str | None = None) -> None:
        self._database = database
        self._store = store
        self._node = node or uuid4().hex
        self._rows = OutboxRepository()
        self._ledger = Ledger(database, self._node)
        self._runner = Runner(jobs, self._ledger)
        self._relay = Relay(database, store, self._runner.jobs, self._handed)
        self._reconciler = Reconciler(database, store, self._runner.jobs, self._relay.wake)
        self._ledger.waits_again = self._relay.wake
        self._workers: dict[Queue, QueueWorker] = {}
        self._slots = dict(CEILINGS)
        self._loops: list[asyncio.Task[None]] = []
        listener.on("outbox", self._relay.wake)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Workers"]:
        """Hand over and run jobs for as long as the block lasts; then what still runs goes back to the outbox."""
        await self._reclaim()
        self._open()
        looking = asyncio.create_task(keep("jobs reconciler", self._reconciler.run))
        try:
            yield self
        finally:
            await end([looking])
            await self.drain(0)

    async def drain(self, grace: float) -> None:
        """Take nothing more, let what runs end for up to `grace` seconds, and give the rest back to be run elsewhere or later."""
        self._relay.stop()
        for worker in self._workers.values():
            worker.stop()
        await end(self._loops, _CANCEL_SECONDS)
        running = [task for worker in self._workers.values() for task in worker.tasks.values()]
        if running and grace > 0:
            await asyncio.wait(running, timeout=grace)
        for worker in self._workers.values():
            for body in worker.job_tasks.values():
                body.cancel()
        await end(running, _CANCEL_SECONDS)

    def limit(self, queue: Queue, slots: int) -> None:
        """Let at most so many jobs of a queue run at once on this node from now on; 0 pauses it."""
        self._slots[queue] = slots
        if worker := self._workers.get(queue):
            worker.max_jobs = slots
            worker.wake.set()

    async def stand_aside(self, aside: bool) -> None:
        """Start no more jobs on this node for a while, or again; those that run go on."""
        for worker in self._workers.values():
            worker.allow_pick_jobs = not aside
            worker.wake.set()

    def running(self) -> dict[Queue, int]:
        """How many jobs of each queue run on this node now."""
        return {queue: len(worker.tasks) for queue, worker in self._workers.items()}

    async def depth(self) -> dict[Queue, int]:
        """How many jobs of each queue are asked for and not finished, on all nodes together."""
        depth = dict.fromkeys(QUEUES, 0)
        async with self._database.read() as db:
            for name, count in (await self._rows.open(db)).items():
                if job := self._runner.jobs.get(name):
                    depth[job.queue] += count
        return depth

    async def failed(self, limit: int = 50) -> list[FailedJob]:
        """The jobs that used up their tries, newest first, with their reasons."""
        async with self._database.read() as db:
            return await self._rows.failed(db, limit)

    async def retry(self, id: UUID) -> bool:
        """Let a failed job wait anew; False when there is none with this id, or when the same waits already."""
        async with self._database.read() as db:
            found = await self._rows.retry(db, id)
        self._relay.wake()
        return found

    def _open(self) -> None:
        redis = ArqRedis(self._store.redis.connection_pool, job_serializer=encode, job_deserializer=decode, expires_extra_ms=KEEP_MS)
        for queue in {job.queue for job in self._runner.jobs.values()}:
            run = self._runner.for_queue(queue)
            self._workers[queue] = QueueWorker(queue, run, redis, self._slots[queue], self._runner.longest(queue), self._node)
        loops = {f"jobs {queue}": worker.main for queue, worker in self._workers.items()} | {"jobs relay": self._relay.run}
        self._loops = [asyncio.create_task(keep(name, loop), name=name) for name, loop in loops.items()]

    def _handed(self, queue: Queue) -> None:
        self._workers[queue].wake.set()

    async def _reclaim(self) -> None:
        """Take up what this node was running, or had just taken to run it, when it last died."""
        try:
            async with self._database.read() as db:
                count = await self._rows.reclaim(db, self._node)
            count += await self._reconciler.release(self._node)
        except (*AWAY, *GONE) as error:
            logger.warning("Jobs of the last run are taken up when their leases end: {}", error)
        else:
            if count:
                logger.info("{} jobs that the last run left unfinished are taken up again.", count)
