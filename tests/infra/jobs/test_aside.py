"""A node that is about to go leaves the jobs to others."""

import asyncio

from revenge.core.work import Ask
from revenge.infra.jobs import Job, JobContext


async def test_a_node_that_stands_aside_ends_what_it_runs_and_begins_nothing_until_it_is_back(site):
    begun, ended, gate = [], [], asyncio.Event()

    async def body(context: JobContext) -> None:
        begun.append(context.key)
        await gate.wait()
        ended.append(context.key)

    async with site.node(Job("a.job", "library", body)) as node:
        await site.ask(Ask("a.job", "first"))
        while not begun:
            await asyncio.sleep(0.01)
        await node.stand_aside(True)
        await site.ask(Ask("a.job", "second"))
        gate.set()
        while not ended:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert begun == ended == ["first"]
        await node.stand_aside(False)
        while len(ended) < 2:
            await asyncio.sleep(0.01)
    assert ended == ["first", "second"]
