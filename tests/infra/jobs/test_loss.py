"""What may die, and what is lost then: nothing."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from revenge.core.work import Ask
from revenge.infra.jobs import Job
from revenge.infra.jobs.codec import decode, encode
from revenge.infra.jobs.ledger import Ledger
from revenge.infra.jobs.relay import Relay
from revenge.infra.jobs.workers import Workers


class Effects:
    """What jobs did: each writes its number, and idempotent ones write it once."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    async def __call__(self, n: int) -> None:
        self.runs.append(n)
        await asyncio.sleep(0.001)

    async def complete(self, count: int, seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while len(set(self.runs)) < count:
                await asyncio.sleep(0.02)


async def settled(node: Workers, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while sum((await node.depth()).values()):
            await asyncio.sleep(0.02)


def asks(count: int, job: str = "a.job") -> list[Ask]:
    return [Ask(job, str(n), {"n": n}) for n in range(count)]


async def sent(site) -> int:
    async with site.database.read() as db:
        return (await db.execute(text("select count(*) from shared.outbox where sent_at is not null and finished_at is null"))).scalar_one()


@asynccontextmanager
async def killed(site, *jobs: Job, name: str | None = None):
    """A node that ends in the middle of everything, as kill -9 would: nothing is drained or given back."""
    from revenge.infra.notices import Listener

    listener = Listener(site.database.url)
    node = Workers(jobs, site.database, site.store, listener, name)
    before = asyncio.all_tasks()
    node._open()
    yield node
    Ledger.give_back, kept = _nothing, Ledger.give_back
    try:
        for _ in range(3):
            for task in asyncio.all_tasks() - before - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
    finally:
        Ledger.give_back = kept


async def _nothing(*_args: object) -> None:
    return


async def test_a_flushed_store_loses_no_job(site):
    effects = Effects()
    async with site.node(Job("a.job", "library", effects)) as node:
        node.limit("library", 0)
        await site.ask(*asks(300))
        while await sent(site) < 300:
            await asyncio.sleep(0.02)
        await site.store.redis.flushall()
        node.limit("library", 10)
        await effects.complete(300)
        await settled(node)
    assert sorted(effects.runs) == list(range(300))


async def test_a_store_that_is_killed_and_comes_back_empty_loses_no_job(fragile_site, mortal_store):
    effects = Effects()
    async with fragile_site.node(Job("a.job", "library", effects)) as node:
        await fragile_site.ask(*asks(50))
        await effects.complete(10)
        mortal_store.kill()
        await fragile_site.ask(*(Ask("a.job", str(n), {"n": n}) for n in range(50, 100)))
        await asyncio.sleep(0.3)
        await mortal_store.start()
        await effects.complete(100)
        await settled(node)
    assert set(effects.runs) == set(range(100))


async def test_asking_goes_on_while_the_store_is_away(fragile_site, mortal_store):
    mortal_store.kill()
    effects = Effects()
    async with fragile_site.node(Job("a.job", "library", effects)) as node:
        async with asyncio.timeout(1):
            await fragile_site.ask(*asks(3))
        await mortal_store.start()
        await effects.complete(3)
        await settled(node)
    assert sorted(effects.runs) == [0, 1, 2]


async def test_a_job_that_is_running_while_the_store_dies_is_not_run_again(fragile_site, mortal_store):
    runs = 0
    started, go = asyncio.Event(), asyncio.Event()

    async def body() -> None:
        nonlocal runs
        runs += 1
        started.set()
        await go.wait()

    async with fragile_site.node(Job("a.job", "library", body)) as node:
        await fragile_site.ask(Ask("a.job", "k"))
        await started.wait()
        mortal_store.kill()
        go.set()
        await settled(node)
        await mortal_store.start()
        await fragile_site.ask(Ask("a.job", "other"))
        await settled(node)
    assert runs == 2


async def test_a_node_that_dies_between_marking_and_handing_over_loses_no_job(site, monkeypatch):
    effects = Effects()
    job = Job("a.job", "library", effects)
    await site.ask(*asks(5))

    async def dies(*_: object) -> None:
        raise SystemExit("power cut")

    relay = Relay(site.database, site.store, {"a.job": job}, lambda _queue: None)
    monkeypatch.setattr(relay, "_put", dies)
    with pytest.raises(SystemExit):
        await relay.hand_over()
    assert await sent(site) == 5
    async with site.node(job) as node:
        await effects.complete(5, 5)
        await settled(node)
    assert sorted(effects.runs) == [0, 1, 2, 3, 4]


async def test_a_node_that_comes_back_takes_up_at_once_what_it_was_running(site):
    runs = []
    first = asyncio.Event()

    async def body(n: int) -> None:
        runs.append(n)
        if len(runs) == 1:
            first.set()
            await asyncio.sleep(60)

    job = Job("a.job", "library", body)
    async with killed(site, job, name="nas"):
        await site.ask(Ask("a.job", "k", {"n": 1}))
        await first.wait()
    assert await sent(site) == 1
    async with site.node(job, name="nas") as node:
        await settled(node, 5)
    assert runs == [1, 1]


async def test_another_node_takes_over_when_the_lease_has_ended(site, monkeypatch):
    monkeypatch.setattr("revenge.infra.jobs.runner.LEASE_SLACK", 0.1)
    runs = []
    first = asyncio.Event()

    async def body() -> None:
        runs.append(1)
        if len(runs) == 1:
            first.set()
            await asyncio.sleep(60)

    job = Job("a.job", "library", body, timeout=0.5)
    async with killed(site, job, name="one"):
        await site.ask(Ask("a.job", "k"))
        await first.wait()
    async with site.node(job, name="two") as node:
        await asyncio.sleep(0.7)
        # what arq would do after its own, longer time: the dead node's mark ends
        await site.store.redis.delete(*await site.store.redis.keys("arq:in-progress:*"))
        await settled(node, 10)
    assert len(runs) == 2


async def test_a_job_that_kills_its_node_each_time_is_kept_as_failed(site):
    starts = 0
    started = asyncio.Event()

    async def body() -> None:
        nonlocal starts
        starts += 1
        started.set()
        await asyncio.sleep(60)

    job = Job("killer", "library", body, tries=2)
    await site.ask(Ask("killer", "k"))
    for _ in range(2):
        started.clear()
        async with site.database.read() as db:
            await db.execute(text("update shared.outbox set sent_at = null, started_at = null"))
        async with killed(site, job, name="nas"):
            await started.wait()
    async with site.node(job, name="nas") as node:
        await settled(node, 5)
        (failed,) = await site.failed()
    assert starts == 2
    assert "its node ended while it ran" in failed.error


async def test_draining_lets_short_jobs_end_and_gives_long_ones_to_another_node(site):
    ran: list[str] = []
    both = asyncio.Barrier(3)

    async def short() -> None:
        await both.wait()
        await asyncio.sleep(0.1)
        ran.append("short")

    async def long() -> None:
        if "long began" not in ran:
            ran.append("long began")
            await both.wait()
            await asyncio.sleep(60)
        ran.append("long ended")

    jobs = [Job("short", "metadata", short), Job("long", "library", long, tries=1)]
    async with site.node(*jobs) as leaving, site.node(*jobs) as staying:
        staying.limit("library", 0)
        staying.limit("metadata", 0)
        await site.ask(Ask("short", "k"), Ask("long", "k"))
        await both.wait()
        await leaving.drain(0.5)
        assert ran == ["long began", "short"]
        staying.limit("library", 10)
        await settled(staying, 5)
    assert ran == ["long began", "short", "long ended"]


async def test_two_nodes_share_the_work_and_run_nothing_twice(site):
    effects = Effects()
    job = Job("a.job", "library", effects)
    async with site.node(job) as one, site.node(job):
        await site.ask(*asks(400))
        await effects.complete(400)
        await settled(one)
    assert sorted(effects.runs) == list(range(400))


async def test_a_database_that_goes_away_while_jobs_end_is_waited_for(site):
    effects = Effects()
    async with site.node(Job("a.job", "library", effects)) as node:
        await site.ask(*asks(200))
        await effects.complete(20)
        async with site.database.read() as db:
            await db.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                )
            )
        await effects.complete(200)
        await settled(node)
    assert set(effects.runs) == set(range(200))


def test_what_lies_in_the_store_is_no_pickle_even_for_an_exception():
    assert decode(encode({"r": ValueError("ü"), "n": 1})) == {"r": "ValueError('ü')", "n": 1}


@pytest.mark.parametrize(("holder", "runs"), [("one", True), ("two", False)])
async def test_what_a_node_had_taken_and_not_begun_when_it_died_is_taken_up_by_its_next_life(site, holder, runs):
    done = asyncio.Event()

    async def body() -> None:
        done.set()

    await site.ask(Ask("a.job", "1"))
    async with site.node(Job("a.job", "library", body), name="one") as node:
        node.limit("library", 0)
        async with asyncio.timeout(5):
            while not await rows(site, "sent_at is not null"):
                await asyncio.sleep(0.02)
    ((id, sends),) = await rows(site, "sent_at is not null", "id, sends")
    await site.store.redis.set(f"arq:in-progress:ob:{id}:{sends}", holder, px=60_000)
    async with site.node(Job("a.job", "library", body), name="one"):
        try:
            async with asyncio.timeout(5 if runs else 0.5):
                await done.wait()
        except TimeoutError:
            pass
    assert done.is_set() is runs


async def rows(site, condition, columns="id"):
    async with site.database.read() as db:
        return (await db.execute(text(f"select {columns} from shared.outbox where {condition}"))).all()
