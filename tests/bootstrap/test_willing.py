"""A node begins jobs where it neither drains nor is cut off."""

import asyncio
from types import SimpleNamespace

from cluster import Leadership
from cluster.ports import Counting
from revenge.bootstrap.willing import Willing


class Workers:
    def __init__(self) -> None:
        self.aside: bool | None = None

    async def stand_aside(self, aside: bool) -> None:
        self.aside = aside


async def told(workers, aside):
    async with asyncio.timeout(2):
        while workers.aside is not aside:
            await asyncio.sleep(0.01)


async def test_jobs_wait_in_a_minority_and_while_the_node_drains():
    leadership = Leadership(Counting(), lambda: False)
    node = SimpleNamespace(leadership=leadership, has_quorum=True)
    workers = Workers()
    willing = Willing(SimpleNamespace(node=node), workers)
    async with willing.lifetime():
        await told(workers, False)
        node.has_quorum = False
        leadership.became(None, 2, has_quorum=False, leads=False)
        await told(workers, True)
        await willing.stand_aside(True)
        node.has_quorum = True
        leadership.became("one", 3, has_quorum=True, leads=False)
        await asyncio.sleep(0.05)
        assert workers.aside is True
        await willing.stand_aside(False)
        await told(workers, False)
