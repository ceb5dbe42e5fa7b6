"""What is not idempotent: done once, in the database or elsewhere."""

import asyncio

import pytest
from sqlalchemy import text

from revenge.core.work import Ask
from revenge.infra.jobs import Job, JobContext
from revenge.infra.jobs.job import Overtaken
from tests.infra.jobs.test_loss import killed, settled


@pytest.fixture
async def purse(site):
    """A number that jobs add to."""
    async with site.database.write() as db:
        await db.execute(text("create table purse (amount int not null)"))
        await db.execute(text("insert into purse values (0)"))

    async def amount() -> int:
        async with site.database.read() as db:
            return (await db.execute(text("select amount from purse"))).scalar_one()

    return amount


async def pay(site, context: JobContext) -> None:
    async with site.database.write() as db:
        await db.execute(text("update purse set amount = amount + 1"))
        await context.settle(db)


async def test_an_effect_and_the_end_of_its_job_are_one_transaction(site, purse):
    attempts = []

    async def body(context: JobContext) -> None:
        attempts.append(context.attempt)
        await pay(site, context)
        raise ValueError("after the effect")

    async with site.node(Job("pay", "library", body, tries=3, first_wait=0.01)) as node:
        await site.ask(Ask("pay", "k"))
        await settled(node)
        await asyncio.sleep(0.1)
    assert (attempts, await purse(), await site.failed()) == ([1], 1, [])


async def test_a_run_that_was_overtaken_changes_nothing(site, purse, monkeypatch):
    monkeypatch.setattr("revenge.infra.jobs.runner.LEASE_SLACK", 0.1)
    began, late, both = asyncio.Event(), asyncio.Event(), asyncio.Event()
    outcomes = []

    async def body(context: JobContext) -> None:
        if context.attempt == 1:
            began.set()
            await asyncio.shield(late.wait())
        try:
            await pay(site, context)
        except Overtaken:
            outcomes.append("overtaken")
            both.set()
            raise
        outcomes.append("paid")

    job = Job("pay", "library", body, timeout=0.5)

    async def stubborn(context: JobContext) -> None:
        """A node that stood still past its lease, and goes on as if nothing had been."""
        task = asyncio.create_task(body(context))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    async with killed(site, Job("pay", "library", stubborn, timeout=0.5), name="slow"):
        await site.ask(Ask("pay", "k"))
        await began.wait()
        async with site.node(job, name="quick") as node:
            await asyncio.sleep(0.7)  # the lease ends, and then what arq would wait for, too
            for key in await site.store.redis.keys("arq:in-progress:*"):
                await site.store.redis.delete(key)
            await settled(node, 20)
            late.set()
            async with asyncio.timeout(5):
                await both.wait()
    assert outcomes == ["paid", "overtaken"]
    assert await purse() == 1


async def test_asking_while_a_settling_job_runs_runs_it_once_more(site, purse):
    began, go = asyncio.Event(), asyncio.Event()

    async def body(context: JobContext) -> None:
        began.set()
        await go.wait()
        await pay(site, context)

    async with site.node(Job("pay", "library", body)) as node:
        await site.ask(Ask("pay", "k"))
        await began.wait()
        await site.ask(Ask("pay", "k"))
        go.set()
        await settled(node)
    assert await purse() == 2


async def test_what_may_have_taken_effect_elsewhere_is_not_repeated_when_its_node_dies(site):
    runs = 0
    began = asyncio.Event()
    told = []

    async def send() -> None:
        nonlocal runs
        runs += 1
        began.set()
        await asyncio.sleep(60)

    async def gave_up() -> None:
        told.append("sorry")

    job = Job("send", "metadata", send, tries=5, once=True, gave_up=gave_up)
    async with killed(site, job, name="nas"):
        await site.ask(Ask("send", "k"))
        await began.wait()
    async with site.node(job, name="nas") as node:
        await settled(node)
    (failed,) = await site.failed()
    assert (runs, told) == (1, ["sorry"])
    assert "it may have taken effect" in failed.error


@pytest.mark.parametrize("how", ["takes too long", "is stopped"])
async def test_what_is_interrupted_is_not_repeated_either(site, how):
    runs = 0
    began = asyncio.Event()

    async def send() -> None:
        nonlocal runs
        runs += 1
        began.set()
        await asyncio.sleep(60)

    job = Job("send", "metadata", send, tries=5, first_wait=0.01, timeout=0.2 if how == "takes too long" else 30, once=True)
    async with site.node(job) as node:
        await site.ask(Ask("send", "k"))
        await began.wait()
        if how == "is stopped":
            await node.drain(0)
        await settled(node)
    assert (runs, len(await site.failed())) == (1, 1)


async def test_what_it_raises_itself_is_tried_again(site):
    runs = 0

    async def send() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise ConnectionError("not sent")

    async with site.node(Job("send", "metadata", send, tries=5, first_wait=0.01, once=True)) as node:
        await site.ask(Ask("send", "k"))
        await settled(node)
    assert (runs, await site.failed()) == (3, [])
