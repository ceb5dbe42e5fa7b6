"""What an admin sees of jobs and may do to them."""

import asyncio
from uuid import uuid4

import msgspec
import pytest
from loguru import logger
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from revenge.core.errors import Conflict, NotFound
from revenge.core.page import PageQuery
from revenge.core.work import Ask
from revenge.infra.jobs import Job, JobContext
from revenge.services.jobs.entity import JobQuery, RetryAll
from revenge.services.jobs.repository import _ALL, _LOG
from tests.services.jobs.desk import Desk, fail, nothing, rest, until


async def test_jobs_are_listed_by_how_they_stand(site):
    jobs = [
        Job("bad", "metadata", fail, tries=1),
        Job("good", "library", nothing),
        Job("long", "library", rest),
        Job("paused", "maintenance", nothing),
    ]
    async with site.node(*jobs) as node:
        desk = Desk(site, node)
        node.limit("maintenance", 0)
        await site.ask(*(Ask(job.name, job.name) for job in jobs), Ask("newer", "stranger"))
        await desk.reaches("bad", "failed")
        await desk.reaches("good", "finished")
        await desk.reaches("long", "running")
        assert await desk.states(state="waiting") == {"paused": "waiting", "stranger": "waiting"}
        assert await desk.states(state="failed") == {"bad": "failed"}
        assert await desk.states(state="finished") == {"good": "finished"}
        assert await desk.states(state="running") == {"long": "running"}
        assert await desk.states(queue="library") == {"good": "finished", "long": "running"}
        assert await desk.states(job="bad") == {"bad": "failed"}
        assert await desk.states(queue="playback") == {}
        (entry,) = (await desk.jobs.page(JobQuery(state="failed"))).items
        assert (entry.job, entry.queue, entry.attempt, entry.attempts, entry.error) == (
            "bad",
            "metadata",
            1,
            1,
            "ValueError: the disk is on fire",
        )
        stranger = await desk.jobs.get(await desk.id("stranger"))
        assert (stranger.entry.queue, stranger.entry.attempts) == (None, None)


async def test_a_list_goes_on_where_its_page_ended(site):
    async with site.node(Job("a.job", "library", nothing)) as node:
        desk = Desk(site, node)
        node.limit("library", 0)
        await site.ask(*(Ask("a.job", str(n)) for n in range(5)))
        first = await desk.jobs.page(JobQuery(limit=3, state="waiting"))
        second = await desk.jobs.page(JobQuery(limit=3, state="waiting", cursor=first.next))
        assert len(first.items), len(second.items) == (3, 2)
        assert {entry.key for entry in (*first.items, *second.items)} == {"0", "1", "2", "3", "4"}
        assert second.next is None


async def test_a_failed_job_can_be_told_to_try_again(site):
    broken = True
    told = []

    async def publish(events) -> None:
        told.extend((event.job, event.state) for event in events)

    async def sometimes() -> None:
        if broken:
            raise ValueError

    async with site.node(Job("a.job", "library", sometimes, tries=1), publish=publish) as node:
        desk = Desk(site, node)
        await site.ask(Ask("a.job", "k"))
        await desk.reaches("k", "failed")
        broken = False
        id = await desk.id("k")
        assert (await desk.jobs.retry(id)).state == "waiting"
        await desk.reaches("k", "finished")
        with pytest.raises(Conflict):
            await desk.jobs.retry(id)
    assert ("a.job", "failed") in told


async def test_a_failed_job_is_not_tried_again_beside_the_same_one(site):
    async with site.node(Job("a.job", "library", fail, tries=1)) as node:
        desk = Desk(site, node)
        await site.ask(Ask("a.job", "k"))
        await desk.reaches("k", "failed")
        id = await desk.id("k")
        node.limit("library", 0)
        await site.ask(Ask("a.job", "k"))
        with pytest.raises(Conflict):
            await desk.jobs.retry(id)
        assert (await desk.jobs.retry_all(RetryAll())).count == 0


async def test_all_failed_jobs_of_a_kind_can_be_told_to_try_again(site):
    async with site.node(Job("bad", "library", fail, tries=1), Job("worse", "library", fail, tries=1)) as node:
        desk = Desk(site, node)
        for _ in range(2):
            await site.ask(Ask("bad", "1"), Ask("bad", "2"), Ask("worse", "3"))

            async def all_failed() -> bool:
                return sum((await node.depth()).values()) == 0

            await until(all_failed)
        node.limit("library", 0)
        assert (await desk.jobs.retry_all(RetryAll("bad"))).count == 2, "the same job waits once, however often it failed"
        assert (await desk.jobs.retry_all(RetryAll())).count == 1


async def test_a_failed_job_can_be_forgotten_and_no_other(site):
    async with site.node(Job("bad", "library", fail, tries=1), Job("good", "library", nothing)) as node:
        desk = Desk(site, node)
        await site.ask(Ask("bad", "bad"), Ask("good", "good"))
        await desk.reaches("bad", "failed")
        await desk.reaches("good", "finished")
        await desk.jobs.discard(await desk.id("bad"))
        with pytest.raises(Conflict):
            await desk.jobs.discard(await desk.id("good"))
        assert await desk.states() == {"good": "finished"}
        with pytest.raises(NotFound):
            await desk.jobs.discard(uuid4())


async def test_a_waiting_job_is_cancelled_at_once_and_never_runs(site):
    ran = []

    async def body() -> None:
        ran.append(1)

    async with site.node(Job("a.job", "library", body)) as node:
        desk = Desk(site, node)
        node.limit("library", 0)
        await site.ask(Ask("a.job", "k"))
        id = await desk.id("k")
        assert (await desk.jobs.cancel(id)).state == "cancelled"
        node.limit("library", 10)
        await asyncio.sleep(0.2)
        with pytest.raises(Conflict):
            await desk.jobs.cancel(id)
        assert (ran, await desk.states(state="cancelled")) == ([], {"k": "cancelled"})
        await desk.jobs.retry(id)
        await desk.reaches("k", "finished")
    assert ran == [1]


async def test_a_job_that_runs_on_another_node_is_stopped_there(site):
    began, stopped = asyncio.Event(), asyncio.Event()
    told = []

    async def body(n: int) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    async def gave_up(n: int) -> None:
        told.append(n)

    job = Job("a.job", "library", body, gave_up=gave_up)
    async with site.node(job, name="one"), site.node(name="two") as two:
        desk = Desk(site, two)
        await site.ask(Ask("a.job", "k", {"n": 7}))
        await began.wait()
        await desk.jobs.cancel(await desk.id("k"))
        async with asyncio.timeout(2):
            await stopped.wait()
        await desk.reaches("k", "cancelled")
    assert told == [7]


async def test_whoever_waits_for_a_job_learns_that_it_was_cancelled_before_it_ran(site):
    told = []

    async def gave_up() -> None:
        told.append("sorry")

    async with site.node(Job("a.job", "library", rest, gave_up=gave_up)) as node:
        desk = Desk(site, node)
        node.limit("library", 0)
        await site.ask(Ask("a.job", "k"))
        entry = await desk.jobs.cancel(await desk.id("k"))
        assert (entry.state, entry.cancelling) == ("waiting", True)
        node.limit("library", 1)
        await desk.reaches("k", "cancelled")
    assert told == ["sorry"]


async def test_a_cancelled_job_that_is_asked_for_again_runs(site):
    async with site.node(Job("a.job", "library", nothing, gave_up=nothing)) as node:
        desk = Desk(site, node)
        node.limit("library", 0)
        await site.ask(Ask("a.job", "k"))
        await desk.jobs.cancel(await desk.id("k"))
        await site.ask(Ask("a.job", "k"))
        node.limit("library", 1)
        await desk.reaches("k", "finished")


async def test_a_running_job_shows_how_far_it_is_and_what_it_has_to_say(site):
    go = asyncio.Event()
    told = []

    async def publish(events) -> None:
        told.extend(msgspec.to_builtins(event) for event in events)

    async def body(context: JobContext) -> None:
        await context.progress(3, 12)
        await context.progress(4, 12)
        logger.info("looking into {}", "Alien.mkv")
        logger.debug("not worth a line")
        await go.wait()
        await context.progress(12, 12)

    async with site.node(Job("a.job", "library", body), publish=publish) as node:
        desk = Desk(site, node)
        await site.ask(Ask("a.job", "k", {"path": "/films"}))
        id = await desk.id("k")

        async def shown() -> bool:
            return (await desk.jobs.get(id)).entry.done == 3

        await until(shown)

        async def said() -> bool:
            return bool((await desk.jobs.log(id, PageQuery())).items)

        await until(said)
        (line,) = (await desk.jobs.log(id, PageQuery())).items
        details = await desk.jobs.get(id)
        assert (line.attempt, line.level, line.message) == (1, "info", "looking into Alien.mkv")
        assert (details.args, details.entry.done, details.entry.total) == ({"path": "/films"}, 3, 12)
        go.set()
        await desk.reaches("k", "finished")
    assert [(event["done"], event["total"]) for event in told] == [(3, 12), (12, 12)], "at most once a second, and at the end"


async def test_why_each_try_failed_stands_in_the_log(site):
    async with site.node(Job("bad", "library", fail, tries=2, first_wait=0.01)) as node:
        desk = Desk(site, node)
        await site.ask(Ask("bad", "k"))
        await desk.reaches("k", "failed")
        id = await desk.id("k")

        async def said() -> bool:
            return len((await desk.jobs.log(id, PageQuery())).items) == 2

        await until(said)
        lines = (await desk.jobs.log(id, PageQuery())).items
    assert [(line.attempt, line.level) for line in lines] == [(2, "error"), (1, "warning")]
    assert all("the disk is on fire" in line.message for line in lines)


async def test_queues_say_why_something_waits(site):
    async with site.node(
        Job("late", "metadata", fail, first_wait=300), Job("long", "library", rest), Job("idle", "maintenance", nothing)
    ) as node:
        desk = Desk(site, node)
        node.make_room(2)
        desk.streams, desk.failing = 2, ["store"]
        await site.ask(*(Ask("long", str(n)) for n in range(5)), Ask("late", "l"), Ask("idle", "i"), Ask("newer", "x"))

        async def stand() -> bool:
            by_name = {queue.name: queue for queue in (await desk.jobs.queues()).items}
            return by_name["library"].running == 2 and by_name["metadata"].later == 1

        await until(stand)
        shown = await desk.jobs.queues()
        queues = {queue.name: queue for queue in shown.items}
        reasons = {name: [wait.code for wait in queue.waits] for name, queue in queues.items()}
    assert reasons == {
        "playback": [],
        "metadata": ["later"],
        "library": ["store_away", "watched", "full"],
        "maintenance": ["store_away", "watched"],
    }
    library = queues["library"]
    assert (library.slots, library.idle_slots, library.running_here, library.waiting) == (2, 10, 2, 3)
    assert library.waiting_since is not None
    assert queues["metadata"].next_at is not None
    assert queues["maintenance"].waits[1].text == "While 2 people watch, none of these run."
    assert (shown.streams, shown.unknown) == (2, ["newer"])


async def test_runs_are_counted_by_how_they_ended(site):
    counted = []
    jobs = [Job("bad", "library", fail, tries=1), Job("good", "library", nothing)]
    async with site.node(*jobs, ran=lambda *run: counted.append(run[:2])) as node:
        desk = Desk(site, node)
        await site.ask(Ask("bad", "bad"), Ask("good", "good"))
        await desk.reaches("bad", "failed")
        await desk.reaches("good", "finished")
    assert sorted(counted) == [("bad", "failed"), ("good", "done")]


async def test_each_list_is_served_by_an_index(site):
    """The planner itself says so, where it may not read whole tables."""
    async with site.database.write() as db:
        await db.execute(text("set local enable_seqscan = off"))
        await db.execute(text("set local enable_sort = off"))
        for listing, values in [*((listing, "") for listing in _ALL.values()), (_LOG, str(uuid4()))]:
            statement = str(next(iter(listing._first.values())).compile(dialect=postgresql.dialect(paramstyle="named"))).replace(
                "::UUID", ""
            )
            given = {"page_limit": 51, "page_offset": 0} | ({"job": values} if values else {})
            plan = "\n".join((await db.execute(text("explain " + statement), given)).scalars())
            assert "Index" in plan, statement
            assert "Sort" not in plan, statement
