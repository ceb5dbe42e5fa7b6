"""People before jobs: what runs while somebody watches."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import text

from revenge.core.work import Ask
from revenge.infra.audience import Audience
from revenge.infra.bus import Bus
from revenge.infra.jobs import CEILINGS, YIELDING, Job
from revenge.infra.notices import Listener

TAG = "viewings"


async def until(condition, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def watching(site):
    """Begins and ends streams, as another node would: in a transaction that tells the bus."""
    async with site.database.write() as db:
        await db.execute(text("create table watched (n int)"))

    async def watch(change: int) -> None:
        async with site.database.write() as db:
            await db.execute(text("insert into watched values (:n)"), {"n": change})
            await db.invalidate(TAG)

    return watch


@asynccontextmanager
async def a_yielding_node(site, *jobs: Job, name: str | None = None):
    """A node whose workers hear of the audience."""

    async def count() -> float:
        async with site.database.read() as db:
            return float((await db.execute(text("select coalesce(sum(n), 0) from watched"))).scalar_one())

    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(site.node(*jobs, name=name))
        listener = Listener(site.database.url)
        audience = Audience(Bus(listener), TAG, count)
        audience.listen(node.make_room)
        await stack.enter_async_context(listener.lifetime())
        await stack.enter_async_context(audience.lifetime())
        yield node


def long(began: Counter[str], go: asyncio.Event, queue: str, **more) -> Job:
    async def body() -> None:
        began[queue] += 1
        try:
            await go.wait()
        finally:
            began[queue] -= 1

    return Job(f"{queue}.job", queue, body, tries=1, **more)


async def test_every_node_makes_room_within_two_seconds_of_the_first_stream_and_takes_it_back_after_the_last(site, watching):
    async with a_yielding_node(site, name="one") as one, a_yielding_node(site, name="two") as two:
        assert one.slots == two.slots == CEILINGS
        assert one.throttle == 0
        await watching(+1)
        await until(lambda: one.slots == two.slots == YIELDING, 2)
        assert one.throttle == pytest.approx(1 - 12 / 35)
        await watching(+1)
        await watching(-1)
        await asyncio.sleep(0.1)
        assert one.slots == YIELDING, "somebody watches still"
        await watching(-1)
        await until(lambda: one.slots == two.slots == CEILINGS, 2)


async def test_what_runs_beyond_the_room_that_is_left_goes_back_and_is_run_later(site, watching):
    began: Counter[str] = Counter()
    go = asyncio.Event()
    ran: list[tuple[str, str]] = []
    jobs = [long(began, go, queue) for queue in ("playback", "metadata", "library", "maintenance")]
    async with a_yielding_node(site, *jobs) as node:
        await site.ask(*(Ask(job.name, str(n)) for job in jobs for n in range(20)))
        await until(lambda: began == {"playback": 20, "metadata": 20, "library": 10, "maintenance": 5})
        await watching(+1)
        await until(lambda: began["maintenance"] == 0 and began["library"] == 2 and began["metadata"] == 10, 2)
        await asyncio.sleep(0.3)
        assert began == {"playback": 20, "metadata": 10, "library": 2, "maintenance": 0}, "nothing creeps back meanwhile"
        await watching(-1)
        await until(lambda: began["maintenance"] == 5 and began["library"] == 10, 3)
        go.set()
        async with asyncio.timeout(10):
            while sum((await node.depth()).values()):
                await asyncio.sleep(0.02)
    assert await site.failed() == [], f"a job that made room has lost no try: {ran}"


async def test_what_can_be_done_only_once_is_not_interrupted_to_make_room(site, watching):
    began: Counter[str] = Counter()
    go = asyncio.Event()
    async with a_yielding_node(site, long(began, go, "maintenance", once=True)) as node:
        await site.ask(Ask("maintenance.job", "k"))
        await until(lambda: began["maintenance"] == 1)
        await watching(+1)
        await until(lambda: node.slots == YIELDING)
        await asyncio.sleep(0.1)
        assert began["maintenance"] == 1
        go.set()


async def test_without_the_channel_the_audience_is_counted_every_second(site, watching):
    async with a_yielding_node(site) as node:
        async with site.database.read() as db:
            await db.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'revenge listen' and datname = current_database()"
                )
            )
            await db.execute(text("insert into watched values (1)"))
        await until(lambda: node.slots == YIELDING, 4)


async def test_a_count_that_fails_changes_nothing(site):
    async def broken() -> float:
        raise OSError("gone")

    audience = Audience(Bus(Listener(site.database.url)), TAG, broken)
    audience.streams = 3
    await audience.look()
    assert audience.streams == 3
