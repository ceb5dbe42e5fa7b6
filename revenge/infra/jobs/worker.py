"""One queue's worker: arq's keys and accounting, with a loop of our own that is woken instead of polling fast and survives the store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from arq.connections import ArqRedis
from arq.utils import timestamp_ms
from arq.worker import Worker, func
from loguru import logger

from revenge.infra.cache.store import GONE
from revenge.infra.jobs.codec import KEEP_MS, RUN, decode, encode, progress_key, queue_key
from revenge.infra.jobs.job import Queue

IDLE_SECONDS = 2.0
"""Between two looks at an empty queue; what this node's own relay hands over is told at once."""

_HEALTH_SECONDS = 15
_READ = 200
_READ_LIMIT = 2000
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
_TRIES = 1_000_000  # the outbox counts; arq must never drop a job on its own account
_ENDLESS = 86_400.0  # the runner has the timeouts


class QueueWorker(Worker):
    """Runs what lies in one queue, at most `max_jobs` at once; that number may be changed at any time, 0 pauses."""

    def __init__(
        self, queue: Queue, run: Callable[..., Awaitable[None]], redis: ArqRedis, max_jobs: int, longest: float, node: str
    ) -> None:
        """`longest`: seconds of the longest timeout in the queue; `node` is written on what it takes, so that its next life knows it."""
        super().__init__(
            [func(run, name=RUN, keep_result=0, timeout=_ENDLESS, max_tries=_TRIES)],  # type: ignore[arg-type]
            queue_name=queue_key(queue),
            redis_pool=redis,
            handle_signals=False,
            max_jobs=max_jobs,
            queue_read_limit=_READ_LIMIT,
            health_check_interval=_HEALTH_SECONDS,
            health_check_key=f"{queue_key(queue)}:health",
            job_serializer=encode,
            job_deserializer=decode,
            expires_extra_ms=KEEP_MS,
            log_results=False,
        )
        self.queue = queue
        self.node = node
        self.in_progress_timeout_s = longest + 10
        self.wake = asyncio.Event()
        self.stopping = False
        self._more = False
        self._orphans: set[str] = set()

    async def main(self) -> None:
        """Take and start jobs until told to stop. A store that is away is waited for."""
        wait = 0.0
        while not self.stopping:
            try:
                await self._round()
                wait = 0.0
            except GONE as error:
                if not wait:
                    logger.warning("The queue {} waits for the store: {}", self.queue, error)
                wait = min(wait * 2 or _FIRST_WAIT, _LONGEST_WAIT)
            await self._rest(wait or IDLE_SECONDS, heed=not wait)

    def stop(self) -> None:
        """Take nothing more; `main` ends."""
        self.stopping = True
        self.wake.set()

    async def _rest(self, seconds: float, *, heed: bool) -> None:
        """Wait until woken or for so long; while the store is away only stopping wakes."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.wake.wait()
                    self.wake.clear()
                    if heed or self.stopping:
                        return
        except TimeoutError:
            return

    async def _round(self) -> None:
        if self._orphans:
            await self.pool.delete(*map(progress_key, self._orphans))
            self._orphans.clear()
        await self._fill()
        await self.record_health()

    async def _fill(self) -> None:
        """Start what is due while there are slots, reading on past what other nodes are running."""
        self._more = False
        start = 0
        while self.allow_pick_jobs and not self.stopping and start < self.queue_read_limit:
            found = await self.pool.zrangebyscore(self.queue_name, "-inf", timestamp_ms(), start=start, num=_READ)
            fresh = [id for id in map(bytes.decode, found) if id not in self.tasks]
            while fresh:
                free = max(self.max_jobs - len(self.tasks), 0)
                if not free:
                    self._more = True
                    return
                await self._start(fresh[:free])
                fresh = fresh[free:]
            if len(found) < _READ:
                return
            start += _READ

    async def _start(self, ids: list[str]) -> None:
        """Start those of the ids that no other node is running, and that have not ended since the queue was read."""
        async with self.pool.pipeline(transaction=False) as pipe:
            for id in ids:
                pipe.set(progress_key(id), self.node, nx=True, px=int(self.in_progress_timeout_s * 1000))
                pipe.zscore(self.queue_name, id)
            answers = await pipe.execute()
        for id, mine, score in zip(ids, answers[::2], answers[1::2], strict=True):
            if mine and score is None:
                self._orphans.add(id)
            elif mine:
                task = self.loop.create_task(self.run_job(id, int(score)))
                self.tasks[id] = task
                task.add_done_callback(lambda ended, id=id: self._ended(id, ended))  # type: ignore[misc]

    def _ended(self, id: str, task: asyncio.Task[Any]) -> None:
        del self.tasks[id]
        if not task.cancelled() and (error := task.exception()):
            if not isinstance(error, GONE):
                logger.opt(exception=error).error("The worker of {} stumbled over {}", self.queue, id)
            self._orphans.add(id)
        if self._more:
            self.wake.set()
