"""Health: what is looked at, when, and what it means."""

import asyncio

import pytest

from revenge.core.errors import Unavailable
from revenge.infra import health as module
from revenge.infra.health import Check, Health
from revenge.infra.metrics import Metrics
from tests.infra.test_metrics import read


class Part:
    """A dependency that works until a test says otherwise."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.slow = False
        self.looks = 0

    async def __call__(self) -> None:
        self.looks += 1
        if self.slow:
            await asyncio.sleep(60)
        if self.error:
            raise self.error


@pytest.fixture
def database() -> Part:
    return Part()


@pytest.fixture
def cache() -> Part:
    return Part()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def health(database, cache, metrics, monkeypatch):
    monkeypatch.setattr(module, "_SOONEST", 0.0)
    checks = [Check("postgresql", database, 30, timeout=0.1, critical=True), Check("cache", cache, 10, timeout=0.1)]
    health = Health(checks, metrics)
    async with health.lifetime():
        health.started()
        yield health


async def test_a_node_whose_parts_all_work_is_ready(health, database):
    report = await health.ready()
    assert (report.status, report.good) == ("ok", True)
    assert [check.status for check in report.checks] == ["healthy", "healthy"]
    assert database.looks == 1  # a good answer of the last look is good enough


async def test_without_the_store_it_goes_on_and_says_so(health, cache):
    cache.error = ConnectionRefusedError("redis://secret@host")
    health.suspect("cache")
    report = await until(health, "degraded")
    assert report.good
    assert report.checks[1].detail == "does not work (ConnectionRefusedError)"


async def test_without_the_database_nothing_should_be_sent_here(health, database):
    database.error = Unavailable("PostgreSQL does not answer.")
    health.suspect("postgresql")
    report = await until(health, "failing")
    assert not report.good
    assert report.checks[0].detail == "PostgreSQL does not answer."


async def test_a_loss_that_somebody_has_met_is_told_to_the_next_who_asks(health, database):
    database.error = Unavailable("PostgreSQL does not answer.")
    assert (await health.ready()).status == "ok"  # nobody has met it yet, and it was looked at a moment ago
    health.suspect("postgresql")
    assert (await health.ready()).status == "failing"


async def test_a_loss_that_is_met_while_a_look_goes_on_is_looked_into_once_more(metrics):
    lost, begun, over = False, asyncio.Event(), asyncio.Event()
    over.set()

    async def check() -> None:
        works = not lost
        begun.set()
        await over.wait()
        if not works:
            raise ConnectionRefusedError

    health = Health([Check("postgresql", check, 30, critical=True)], metrics)
    async with health.lifetime():
        health.started()
        begun.clear()
        over.clear()
        health.suspect("postgresql")
        await begun.wait()
        lost = True
        health.suspect("postgresql")
        asking = asyncio.create_task(health.ready())
        over.set()
        assert (await asking).status == "failing"


async def test_recovery_is_noticed_when_somebody_asks_and_not_only_at_the_next_interval(health, database):
    database.error = RuntimeError()
    health.suspect("postgresql")
    await until(health, "failing")
    database.error = None
    assert (await health.ready()).status == "ok"


async def test_a_part_that_does_not_answer_counts_as_broken(health, cache):
    cache.slow = True
    health.suspect("cache")
    report = await until(health, "degraded")
    assert report.checks[1].detail == "no answer within 0.1 s"


async def test_many_questions_make_one_look(health, cache):
    cache.error = RuntimeError()
    health.suspect("cache")
    await until(health, "degraded")
    cache.slow = True
    before = cache.looks
    await asyncio.gather(*(health.ready() for _ in range(20)))
    assert cache.looks == before + 1


async def test_a_part_is_looked_at_again_and_again(database, metrics):
    async with Health([Check("postgresql", database, 0.02, critical=True)], metrics).lifetime():
        async with asyncio.timeout(5):
            while database.looks < 3:
                await asyncio.sleep(0.01)


async def test_starting_and_stopping_are_told_apart_from_failing(database, metrics):
    health = Health([Check("postgresql", database, 30, critical=True)], metrics)
    async with health.lifetime():
        assert health.startup().status == (await health.ready()).status == "starting"
        health.started()
        assert health.startup().status == (await health.ready()).status == "ok"
        health.stopping()
        report = await health.ready()
        assert (report.status, report.good) == ("stopping", False)


async def test_what_was_seen_is_in_the_metrics(health, cache, metrics):
    cache.error = RuntimeError()
    health.suspect("cache")
    await until(health, "degraded")
    found = read(await metrics.render())
    assert found[("health_check_status", ("postgresql",))] == 1
    assert found[("health_check_status", ("cache",))] == 0
    assert found[("health_check_duration_seconds_count", ("postgresql",))] == 1


async def until(health, status):
    async with asyncio.timeout(5):
        while (report := await health.ready()).status != status:
            await asyncio.sleep(0.01)
    return report


async def test_a_node_that_stands_aside_answers_but_wants_nothing_new(health, database):
    health.started()
    await health.stand_aside(True)
    report = await health.ready()
    assert (report.status, report.good) == ("draining", False)
    await health.stand_aside(False)
    assert (await health.ready()).good
