"""All that moves jobs on one node: relay, reconciler and one worker per queue, in the node's own event loop."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from arq.connections import ArqRedis
from loguru import logger

from revenge.infra.cache.store import GONE, Store
from revenge.infra.database import Database
from revenge.infra.database.database import Publish
from revenge.infra.jobs.account import Accounts
from revenge.infra.jobs.codec import KEEP_MS, decode, encode
from revenge.infra.jobs.job import CEILINGS, QUEUES, YIELDING, Job, Queue
from revenge.infra.jobs.ledger import AWAY, Ledger
from revenge.infra.jobs.reconcile import Reconciler
from revenge.infra.jobs.relay import Relay
from revenge.infra.jobs.repository import OutboxRepository, Standing
from revenge.infra.jobs.runner import Ran, Runner, unheard
from revenge.infra.jobs.worker import QueueWorker
from revenge.infra.loops import end, keep
from revenge.infra.notices import Listener
from revenge.infra.trace import UNTRACED, Tracer

_CANCEL_SECONDS = 5.0


class Workers:
    """Hands over and runs the jobs of this node.

    `node` names it across restarts: what it was running when it died is taken up again at once, and not only when its lease has ended.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        database: Database,
        store: Store,
        listener: Listener,
        node: str | None = None,
        *,
        publish: Publish | None = None,
        ran: Ran = unheard,
        tracer: Tracer = UNTRACED,
    ) -> None:
        """`publish` tells events, `ran` is told of each run."""
        self._database = database
        self._store = store
        self._node = node or uuid4().hex
        self._rows = OutboxRepository()
        self._ledger = Ledger(database, self._node)
        self._accounts = Accounts(database, publish)
        self._runner = Runner(jobs, self._ledger, self._accounts, ran, tracer)
        self._relay = Relay(database, store, self._runner.jobs, self._handed)
        self._reconciler = Reconciler(database, store, self._runner.jobs, self._relay.wake)
        self._ledger.waits_again = self._relay.wake
        self._workers: dict[Queue, QueueWorker] = {}
        self._slots = dict(CEILINGS)
        self._loops: list[asyncio.Task[None]] = []
        listener.on("outbox", self._relay.wake)
        listener.on("job_cancelled", self._cancelled)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Workers"]:
        """Hand over and run jobs for as long as the block lasts; then what still runs goes back to the outbox."""
        await self._reclaim()
        self._open()
        looking = asyncio.create_task(keep("jobs reconciler", self._reconciler.run))
        async with self._accounts.lifetime():
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

    @property
    def node(self) -> str:
        """The name of this node."""
        return self._node

    @property
    def jobs(self) -> dict[str, Job]:
        """The jobs this node knows, by name."""
        return self._runner.jobs

    @property
    def slots(self) -> dict[Queue, int]:
        """How many jobs of each queue may run at once on this node now."""
        return dict(self._slots)

    def limit(self, queue: Queue, slots: int) -> None:
        """Let at most so many jobs of a queue run at once on this node from now on; 0 pauses it. What runs goes on."""
        self._slots[queue] = slots
        if worker := self._workers.get(queue):
            worker.max_jobs = slots
            worker.wake.set()

    async def stand_aside(self, aside: bool) -> None:
        """Start no more jobs on this node for a while, or again; those that run go on."""
        for worker in self._workers.values():
            worker.allow_pick_jobs = not aside
            worker.wake.set()

    def make_room(self, streams: int) -> None:
        """Leave the node to people while there are streams, take it back when there are none. What runs beyond its queue's slots goes back."""
        for queue, slots in (YIELDING if streams else CEILINGS).items():
            if self._slots[queue] != slots:
                self.limit(queue, slots)
                self._runner.recall(queue, slots)

    @property
    def throttle(self) -> float:
        """How much work in the background is held back: the share of its slots that may not be used now, 0 to 1."""
        behind = [queue for queue in QUEUES if queue != "playback"]
        return 1 - sum(self._slots[queue] for queue in behind) / sum(CEILINGS[queue] for queue in behind)

    def running(self) -> dict[Queue, int]:
        """How many jobs of each queue run on this node now."""
        return {queue: len(worker.tasks) for queue, worker in self._workers.items()}

    async def depth(self) -> dict[Queue, int]:
        """How many jobs of each queue are asked for and not finished, on all nodes together."""
        depth = dict.fromkeys(QUEUES, 0)
        for standing in await self.standing():
            if job := self._runner.jobs.get(standing.job):
                depth[job.queue] += standing.open
        return depth

    async def standing(self) -> list[Standing]:
        """How the open jobs of each kind stand, on all nodes together."""
        async with self._database.read() as db:
            return await self._rows.standing(db)

    def wake(self) -> None:
        """Some job may be due: look at once."""
        self._relay.wake()

    def _cancelled(self, payload: str) -> None:
        self._runner.cancel(UUID(payload))

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
