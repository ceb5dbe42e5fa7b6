"""What one may rely on when asking for a job."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from revenge.core.errors import Unavailable
from revenge.core.work import Ask
from revenge.infra.jobs import Job, JobContext


class Counted:
    """Counts its calls and says when there were enough."""

    def __init__(self, enough: int = 1) -> None:
        self.calls: list[object] = []
        self.enough = enough
        self.done = asyncio.Event()

    async def __call__(self, **given: object) -> None:
        self.calls.append(given)
        if len(self.calls) >= self.enough:
            self.done.set()

    async def wait(self, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            await self.done.wait()


async def settled(node, seconds=10):
    """Wait until nothing is open any more."""
    async with asyncio.timeout(seconds):
        while sum((await node.depth()).values()):
            await asyncio.sleep(0.02)


async def test_a_job_runs_soon_after_its_transaction_committed(site):
    body = Counted()
    async with site.node(Job("a.job", "library", body)) as node:
        await site.ask(Ask("a.job", "1", {"path": "/films", "ids": [1, 2]}))
        await body.wait(2)
        await settled(node)
    assert body.calls == [{"path": "/films", "ids": [1, 2]}]


async def test_a_job_of_a_rolled_back_transaction_never_runs(site):
    body = Counted()

    async def ask_and_fail() -> None:
        async with site.database.write() as db:
            await db.ask(Ask("a.job", "never", {"n": 1}))
            raise ZeroDivisionError

    async with site.node(Job("a.job", "library", body)):
        with pytest.raises(ZeroDivisionError):
            await ask_and_fail()
        await site.ask(Ask("a.job", "yes", {"n": 2}))
        await body.wait()
    assert body.calls == [{"n": 2}]


async def test_arguments_arrive_as_the_body_declares_them(site):
    seen = []
    done = asyncio.Event()

    async def body(id: UUID, at: datetime, names: list[str], context: JobContext, size: int = 7) -> None:
        seen.extend([id, at, names, size, context.key, context.attempt, context.last])
        done.set()

    id = uuid4()
    at = datetime.fromisoformat("2026-01-02T03:04:05+00:00")
    async with site.node(Job("typed", "metadata", body, tries=2)):
        await site.ask(Ask("typed", "k", {"id": id, "at": at, "names": ["ü"], "unknown": 1}))
        async with asyncio.timeout(5):
            await done.wait()
    assert seen == [id, at, ["ü"], 7, "k", 1, False]


async def test_asking_twice_while_it_waits_is_asking_once_with_the_newest_arguments(site):
    body = Counted()
    await site.ask(Ask("a.job", "same", {"n": 1}), Ask("a.job", "same", {"n": 2}))
    await site.ask(Ask("a.job", "same", {"n": 3}))
    async with site.node(Job("a.job", "library", body)) as node:
        await body.wait()
        await settled(node)
    assert body.calls == [{"n": 3}]


async def test_asking_while_it_runs_runs_it_once_more_afterwards_and_never_beside_itself(site):
    running = most = 0
    seen = []
    started, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def body(n: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        seen.append(n)
        started.set()
        await go.wait()
        running -= 1
        if n == 3:
            done.set()

    async with site.node(Job("a.job", "library", body)) as node:
        await site.ask(Ask("a.job", "same", {"n": 1}))
        await started.wait()
        await site.ask(Ask("a.job", "same", {"n": 2}))
        await site.ask(Ask("a.job", "same", {"n": 3}))
        go.set()
        async with asyncio.timeout(5):
            await done.wait()
        await settled(node)
    assert (seen, most) == ([1, 3], 1)


async def test_a_job_may_ask_for_its_own_next_step_under_its_own_key(site):
    steps = []
    done = asyncio.Event()

    async def body(step: int) -> None:
        steps.append(step)
        if step < 5:
            await site.ask(Ask("chain", "scan", {"step": step + 1}))
        else:
            done.set()

    async with site.node(Job("chain", "library", body)):
        await site.ask(Ask("chain", "scan", {"step": 1}))
        async with asyncio.timeout(5):
            await done.wait()
    assert steps == [1, 2, 3, 4, 5]


async def test_a_failing_job_is_tried_again_and_then_kept_with_its_reason(site):
    attempts = []

    async def body(context: JobContext) -> None:
        attempts.append((context.attempt, context.last))
        raise ValueError("the disk is on fire")

    async with site.node(Job("bad", "library", body, tries=3, first_wait=0.01)) as node:
        await site.ask(Ask("bad", "k"))
        await settled(node)
        (failed,) = await site.failed()
    assert attempts == [(1, False), (2, False), (3, True)]
    assert (failed.job, failed.key, failed.tries, failed.error) == ("bad", "k", 3, "ValueError: the disk is on fire")


async def test_a_job_that_takes_too_long_is_a_failure_that_says_so(site):
    async def body() -> None:
        await asyncio.sleep(30)

    async with site.node(Job("slow", "library", body, tries=1, timeout=0.1)) as node:
        await site.ask(Ask("slow", "k"))
        await settled(node)
        (failed,) = await site.failed()
    assert failed.error == "TimeoutError: it took longer than 0.1 s"


async def test_wrong_arguments_are_a_failure_that_names_them(site):
    async def body(id: UUID) -> None: ...

    async with site.node(Job("typed", "library", body, tries=1)) as node:
        await site.ask(Ask("typed", "k", {"id": "no id"}))
        await settled(node)
        (failed,) = await site.failed()
    assert failed.error.startswith("its arguments do not fit: Invalid UUID")


async def test_an_error_that_knows_when_to_come_back_is_heeded():
    job = Job("a.job", "library", Counted(), tries=5, first_wait=5)
    assert 4 <= job.wait_after(1, ValueError()) <= 6
    assert 8 <= job.wait_after(2, ValueError()) <= 12
    assert job.wait_after(1, Unavailable("later", retry_after=120)) == 120
    assert job.wait_after(5, ValueError()) is None
    assert Job("b", "library", Counted(), tries=99).wait_after(90, ValueError()) <= 3600 * 1.2


@pytest.mark.parametrize("given", [{"timeout": 61}, {"timeout": 0}, {"tries": 0}])
def test_a_job_that_could_not_keep_its_promises_is_refused(given):
    with pytest.raises(ValueError, match="The job x must"):
        Job("x", "library", Counted(), **given)


def test_two_jobs_of_one_name_are_refused():
    from revenge.infra.jobs.runner import Runner

    with pytest.raises(ValueError, match="Two jobs are named x"):
        Runner([Job("x", "library", Counted()), Job("x", "metadata", Counted())], None, None)


async def test_a_job_this_node_does_not_know_waits_for_one_that_does(site):
    known, unknown = Counted(), Counted()
    await site.ask(Ask("newer", "k"), Ask("older", "k"))
    async with site.node(Job("older", "library", known)):
        await known.wait()
    async with site.node(Job("older", "library", known), Job("newer", "library", unknown)):
        await unknown.wait()


async def test_a_queue_runs_no_more_at_once_than_it_may_and_can_be_paused_while_running(site):
    running = most = 0
    gate = asyncio.Semaphore(0)

    async def body() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.acquire()
        running -= 1

    async with site.node(Job("a.job", "library", body)) as node:
        node.limit("library", 3)
        await site.ask(*(Ask("a.job", str(n)) for n in range(20)))
        while running < 3:
            await asyncio.sleep(0.01)
        node.limit("library", 0)
        for _ in range(3):
            gate.release()
        while running:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert (running, most) == (0, 3)
        node.limit("library", 8)
        while running < 8:
            await asyncio.sleep(0.01)
        for _ in range(20):
            gate.release()
        await settled(node)
    assert most == 8


async def test_what_finished_is_purged_after_a_week_and_what_failed_after_a_month(site):
    from revenge.infra.jobs.repository import OutboxRepository

    await site.ask(*(Ask("a.job", key) for key in ("fresh", "old", "failed", "old failed", "waiting")))
    async with site.database.write() as db:
        for key, days, failed in (("fresh", 6, False), ("old", 8, False), ("failed", 8, True), ("old failed", 31, True)):
            await db.execute(
                text("update shared.outbox set finished_at = now() - make_interval(days => :days), failed = :failed where key = :key"),
                {"key": key, "days": days, "failed": failed},
            )
    async with site.database.read() as db:
        await OutboxRepository().purge(db)
        left = (await db.execute(text("select key from shared.outbox order by key"))).scalars().all()
    assert left == ["failed", "fresh", "waiting"]


async def test_an_asker_that_holds_a_row_stops_nobody_else(site):
    """A transaction that asked for a waiting job locks its row; begin skips it, runs the others, and comes back."""
    body = Counted(3)
    held, let_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with site.database.write() as db:
            await db.ask(Ask("a.job", "held", {"n": 9}))
            held.set()
            await let_go.wait()

    await site.ask(Ask("a.job", "held", {"n": 0}))
    holding = asyncio.create_task(hold())
    await held.wait()
    async with site.node(Job("a.job", "library", body)) as node:
        await site.ask(Ask("a.job", "x", {"n": 1}), Ask("a.job", "y", {"n": 2}))
        async with asyncio.timeout(5):
            while len(body.calls) < 2:
                await asyncio.sleep(0.01)
        let_go.set()
        await holding
        await body.wait()
        await settled(node)
    assert body.calls[2] == {"n": 9}


@pytest.mark.parametrize("how", ["raises", "takes too long", "its node ended each time"])
async def test_whoever_waits_for_a_job_is_told_when_it_failed_for_good(site, how):
    told = Counted()

    async def body(scan: str, size: int) -> None:
        if how == "raises":
            raise RuntimeError("out of luck")
        await asyncio.sleep(60)

    async def gave_up(scan: str) -> None:
        await told(scan=scan)

    await site.ask(Ask("a.job", "1", {"scan": "the one", "size": 3}))
    if how == "its node ended each time":
        async with site.database.write() as db:
            await db.execute(text("update shared.outbox set tries = 1"))
    async with site.node(Job("a.job", "library", body, tries=1, timeout=0.1, gave_up=gave_up)) as node:
        await told.wait()
        await settled(node)
        assert len(await site.failed()) == 1
    assert told.calls == [{"scan": "the one"}]


async def test_a_job_is_not_closed_before_its_failure_could_be_told(site):
    told = Counted(enough=2)

    async def body() -> None:
        raise RuntimeError("out of luck")

    async def gave_up() -> None:
        await told()
        if len(told.calls) == 1:
            raise Unavailable("The database is away.")

    await site.ask(Ask("a.job", "1"))
    async with site.node(Job("a.job", "library", body, tries=1, gave_up=gave_up), name="one") as node:
        async with asyncio.timeout(5):
            while not told.calls or node.running()["library"]:
                await asyncio.sleep(0.02)
        assert await site.failed() == []
    async with site.node(Job("a.job", "library", body, tries=1, gave_up=gave_up), name="one") as node:
        await told.wait()
        await settled(node)
        assert len(await site.failed()) == 1


async def test_jobs_that_end_what_others_began_go_before_what_waits(site):
    order, began, go, done = [], asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def begin(n: int) -> None:
        began.set()
        await go.wait()
        order.append(f"begin {n}")
        if len(order) == 3:
            done.set()

    async def end() -> None:
        order.append("end")

    async with site.node(Job("begin", "library", begin), Job("end", "library", end, ahead=True)) as node:
        node.limit("library", 1)
        await site.ask(Ask("begin", "1", {"n": 1}))
        await began.wait()
        await site.ask(Ask("begin", "2", {"n": 2}))
        await site.ask(Ask("end", "1"))
        async with asyncio.timeout(5):
            while await waiting(site):
                await asyncio.sleep(0.02)
        go.set()
        async with asyncio.timeout(5):
            await done.wait()
    assert order == ["begin 1", "end", "begin 2"]


async def waiting(site):
    """How many jobs have not reached the store yet."""
    async with site.database.read() as db:
        return (await db.execute(text("select count(*) from shared.outbox where sent_at is null"))).scalar_one()
