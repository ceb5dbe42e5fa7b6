"""What is done again and again is done once at a time, on however many nodes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from revenge.core.work import Ask
from revenge.infra.schedule import Every, Schedule

NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


async def asked(site) -> list[str]:
    async with site.database.read() as db:
        return list((await db.execute(text("select key from shared.outbox order by created_at, id"))).scalars())


async def test_three_nodes_ask_for_each_slots_job_once(site):
    clock = Time()
    task = Every("scan", timedelta(minutes=1), Ask("library.scan", "all"))
    nodes = [Schedule([task], site.database, f"node {n}", clock) for n in range(3)]
    for minute in range(4):
        clock.now = NOON + timedelta(minutes=minute)
        await asyncio.gather(*(node.tick() for node in nodes))
        async with site.database.read() as db:
            await db.execute(text("update shared.outbox set finished_at = now()"))
    assert await asked(site) == ["all"] * 4


async def test_a_slot_begins_at_whole_multiples_of_its_interval():
    assert Every("a", timedelta(days=1), Ask("j", "k")).slot(NOON) == datetime(2026, 3, 1, tzinfo=UTC)
    assert Every("a", timedelta(minutes=1), Ask("j", "k")).slot(NOON) == NOON.replace(second=0)


async def test_a_node_looks_at_a_slot_only_once(site):
    runs = []

    async def work() -> None:
        runs.append(1)

    schedule = Schedule([Every("small", timedelta(minutes=1), work)], site.database, "n", Time())
    for _ in range(3):
        await schedule.tick()
        await asyncio.sleep(0)
    assert runs == [1]


async def test_a_restarted_node_does_not_do_a_slot_again(site):
    task = Every("scan", timedelta(days=1), Ask("library.scan", "all"))
    for _ in range(2):
        await Schedule([task], site.database, "n", Time()).tick()
        async with site.database.read() as db:
            await db.execute(text("update shared.outbox set finished_at = now()"))
    assert await asked(site) == ["all"]


async def test_work_that_fails_has_its_next_turn_and_work_that_lasts_is_not_begun_twice(site):
    clock = Time()
    turns = []
    gate = asyncio.Event()

    async def fails() -> None:
        turns.append("fails")
        raise ValueError

    async def lasts() -> None:
        turns.append("lasts")
        await gate.wait()

    minute = timedelta(minutes=1)
    schedule = Schedule([Every("fails", minute, fails), Every("lasts", minute, lasts)], site.database, "n", clock)
    for _ in range(2):
        await schedule.tick()
        await asyncio.sleep(0.01)
        clock.now += minute
    assert turns == ["fails", "lasts", "fails"]
    gate.set()
    await asyncio.sleep(0.01)
    await schedule.tick()
    await asyncio.sleep(0.01)
    assert turns[3:] == ["fails", "lasts"]


async def test_it_runs_by_itself_and_keeps_no_endless_record(site):
    done = asyncio.Event()
    turns = []

    async def work() -> None:
        turns.append(1)
        if len(turns) == 2:
            done.set()

    async with site.database.read() as db:
        await db.execute(
            text("insert into shared.schedule_runs (task, slot, node) values ('t', '2020-01-01', 'n'), ('other', '2020-01-01', 'n')")
        )
    async with Schedule([Every("t", timedelta(seconds=0.2), work)], site.database, "n").lifetime():
        async with asyncio.timeout(5):
            await done.wait()
    async with site.database.read() as db:
        old = (await db.execute(text("select task from shared.schedule_runs where slot < '2021-01-01'"))).scalars().all()
    assert old == ["other"]


async def test_a_database_that_is_away_is_waited_for(site, monkeypatch):
    monkeypatch.setattr("revenge.infra.schedule.schedule._AWAY_SECONDS", 0.01)
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    schedule = Schedule([Every("t", timedelta(days=1), work)], site.database, "n")
    write, tries = site.database.write, []

    def away():
        tries.append(1)
        if len(tries) < 3:
            raise OSError("gone")
        return write()

    monkeypatch.setattr(site.database, "write", away)
    async with schedule.lifetime(), asyncio.timeout(5):
        await done.wait()
    assert len(tries) == 3


def test_an_empty_schedule_rests():
    assert Schedule([], None, "n")._rest() == pytest.approx(60)
