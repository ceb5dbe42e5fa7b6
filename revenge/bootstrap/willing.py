"""Whether this node begins jobs: not where it drains, and not where it does not see enough of the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from revenge.bootstrap.cluster import Clustered
from revenge.infra.jobs.workers import Workers
from revenge.infra.loops import end, keep


class Willing:
    """Follows both, and tells the workers."""

    def __init__(self, clustered: Clustered, workers: Workers) -> None:
        self._cluster, self._workers = clustered.node, workers
        self._drains = False

    async def stand_aside(self, aside: bool) -> None:
        """The node drains, or is back."""
        self._drains = aside
        await self._tell()

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Follow the cluster for as long as the block lasts."""
        following = asyncio.create_task(keep("the will to work", self._follow), name="willing")
        try:
            yield
        finally:
            await end([following])

    async def _follow(self) -> None:
        async for _ in self._cluster.leadership.changes():
            await self._tell()

    async def _tell(self) -> None:
        await self._workers.stand_aside(self._drains or not self._cluster.has_quorum)
