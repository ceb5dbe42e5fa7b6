"""What is done again and again is done by the leader, once for every slot, whatever becomes of leaders and clocks."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSimError
from sqlalchemy import text

from revenge.core.work import Ask
from revenge.infra.schedule import Cron, Every, Schedule
from revenge.infra.schedule.repository import ScheduleRepository
from revenge.infra.schedule.task import due

NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JOB = Ask("library.scan", "all")


class Time:
    def __init__(self) -> None:
        self.now = NOON

    async def __call__(self, _db) -> datetime:
        return self.now


class Leader:
    """Leads while it has a token."""

    def __init__(self, epochs: "Tokens", token: int | None = None) -> None:
        self.epochs, self._token = epochs, token
        self.changed = asyncio.Event()

    @property
    def token(self) -> int | None:
        return self._token

    def lead(self, token: int | None) -> None:
        self._token = token
        self.changed.set()

    def renew(self, token: int) -> None:
        self.epochs.newest += 1
        self.lead(self.epochs.newest)

    async def changes(self):
        while True:
            yield self._token
            self.changed.clear()
            await self.changed.wait()


class Tokens:
    """The database's word on tokens."""

    def __init__(self, newest: int = 1) -> None:
        self.newest = newest

    async def holds(self, _db, token: int) -> bool:
        return token == self.newest


def schedule(site, *tasks, clock=None, token: int | None = 1, epochs=None, node="n") -> Schedule:
    epochs = epochs or Tokens()
    return Schedule(tasks, site.database, node, Leader(epochs, token), epochs, clock or Time())


async def asked(site) -> list[str]:
    async with site.database.read() as db:
        return list((await db.execute(text("select key from shared.outbox order by created_at, id"))).scalars())


async def done(site) -> None:
    async with site.database.read() as db:
        await db.execute(text("update shared.outbox set finished_at = now()"))


async def runs(site) -> list[tuple[str, str, int]]:
    async with site.database.read() as db:
        rows = await db.execute(
            text("select to_char(slot at time zone 'utc', 'HH24:MI'), node, token from shared.schedule_runs order by slot")
        )
        return [tuple(row) for row in rows]


async def test_three_nodes_that_all_think_they_lead_ask_for_each_slots_job_once(site):
    clock, epochs = Time(), Tokens()
    nodes = [schedule(site, Every("scan", MINUTE, JOB), clock=clock, epochs=epochs, node=f"node {n}") for n in range(3)]
    for minute in range(4):
        clock.now = NOON + minute * MINUTE
        await asyncio.gather(*(node.tick() for node in nodes))
        await done(site)
    assert await asked(site) == ["all"] * 4


async def test_a_follower_does_nothing_and_goes_on_where_the_leader_stopped(site):
    clock, epochs = Time(), Tokens()
    old, new = (schedule(site, Every("scan", MINUTE, JOB), clock=clock, epochs=epochs, token=token, node=str(token)) for token in (1, None))
    await old.tick()
    await new.tick()
    clock.now += MINUTE
    epochs.newest = 2
    new._leadership.lead(2)
    await old.tick()
    await new.tick()
    assert await runs(site) == [("12:00", "1", 1), ("12:01", "None", 2)]


async def test_an_outdated_token_changes_nothing_even_when_its_leader_looked_before(site):
    clock, epochs, done = Time(), Tokens(), []

    async def work(db, run) -> None:
        done.append(run)

    old = schedule(site, Every("t", MINUTE, work), clock=clock, epochs=epochs)
    await old.tick()
    clock.now += MINUTE
    epochs.newest = 2
    await old.tick()
    assert [(run.slot.minute, run.token) for run in done] == [(0, 1)]


async def test_an_older_node_takes_over_when_the_newer_one_is_gone(site):
    clock, epochs = Time(), Tokens(2)
    old = schedule(site, Every("scan", MINUTE, JOB), clock=clock, epochs=epochs, token=1, node="old")
    new = schedule(site, Every("scan", MINUTE, JOB), clock=clock, epochs=epochs, token=2, node="new")
    await new.tick()
    await old.tick()
    clock.now += MINUTE
    await old.tick()
    assert await runs(site) == [("12:00", "new", 2)]  # the newer one has a minute to do it
    clock.now += MINUTE
    await old.tick()
    await old.tick()
    assert await runs(site) == [("12:00", "new", 2), ("12:02", "old", 3)]
    await new.tick()
    assert len(await runs(site)) == 2


async def test_work_is_done_with_its_slot_or_not_at_all(site):
    async def fails(db, run) -> None:
        await db.ask(JOB)
        raise OSError("gone")

    broken = schedule(site, Every("t", MINUTE, fails))
    with pytest.raises(OSError, match="gone"):
        await broken.tick()
    assert await asked(site) == []
    assert await runs(site) == []
    await schedule(site, Every("t", MINUTE, JOB)).tick()
    assert await asked(site) == ["all"]


async def test_a_restarted_node_does_not_do_a_slot_again(site):
    for _ in range(2):
        await schedule(site, Every("scan", timedelta(days=1), JOB)).tick()
        await done(site)
    assert await asked(site) == ["all"]


@pytest.mark.parametrize(
    ("missed", "later", "slots"),
    [
        ("skip", timedelta(minutes=30), ["12:00"]),
        ("skip", timedelta(hours=1), ["12:00", "13:00"]),
        ("last", timedelta(hours=3, minutes=30), ["12:00", "15:00"]),
        ("all", timedelta(hours=3, minutes=30), ["12:00", "13:00", "14:00", "15:00"]),
    ],
)
async def test_missed_slots_are_made_up_for_as_the_task_says(site, missed, later, slots):
    clock, epochs = Time(), Tokens()
    task = Every("t", timedelta(hours=1), JOB, missed)
    await schedule(site, task, clock=clock, epochs=epochs).tick()
    clock.now += later
    await schedule(site, task, clock=clock, epochs=epochs).tick()
    assert [slot for slot, _, _ in await runs(site)] == slots


def test_what_is_skipped_when_late_is_done_when_its_time_comes():
    task = Every("t", timedelta(hours=1), JOB, "skip")
    late = NOON + timedelta(minutes=10)
    assert due(task, None, late) == []
    assert due(task, None, NOON) == [NOON.replace(second=0)]


def test_a_slot_begins_at_whole_multiples_of_its_interval():
    assert Every("a", timedelta(days=1), JOB).begun(NOON) == datetime(2026, 3, 1, tzinfo=UTC)
    assert Every("a", MINUTE, JOB).begun(NOON) == NOON.replace(second=0)


def test_cron_names_moments_and_a_rule_that_cannot_be_read_is_refused():
    night = Cron("tidy", "30 3 * * *", JOB)
    at = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    assert night.begun(NOON) == night.begun(at) == at
    assert night.begun(at - timedelta(microseconds=1)) == at - timedelta(days=1)
    assert night.after(at) == at + timedelta(days=1)
    with pytest.raises(CronSimError):
        Cron("tidy", "every night", JOB)


async def test_it_runs_by_itself_by_the_databases_clock_and_keeps_no_endless_record(site):
    twice = asyncio.Event()
    turns = []

    async def work(db, run) -> None:
        turns.append(run.slot)
        if len(turns) == 2:
            twice.set()

    rows = "('t', '2020-01-01'::timestamptz + n * interval '1 hour', 'n')"
    async with site.database.read() as db:
        await db.execute(
            text(f"insert into shared.schedule_runs (task, slot, node) select {rows.strip('()')} from generate_series(1, 200) n")
        )
    epochs = Tokens()
    leader = Leader(epochs)
    one = Schedule([Every("t", timedelta(seconds=0.2), work)], site.database, "n", leader, epochs)
    async with one.lifetime():
        await asyncio.sleep(0.05)
        leader.lead(1)
        async with asyncio.timeout(5):
            await twice.wait()
    (standing,) = await one.standing()
    assert standing.last.slot >= turns[1]
    assert standing.next > standing.last.slot
    async with site.database.read() as db:
        assert (await db.execute(text("select count(*) from shared.schedule_runs"))).scalar() == 100


async def test_a_follower_begins_as_soon_as_it_leads(site):
    begun = asyncio.Event()

    async def work(db, run) -> None:
        begun.set()

    one = schedule(site, Every("t", MINUTE, work), token=None)
    async with one.lifetime():
        await asyncio.sleep(0.05)
        assert not begun.is_set()
        one._leadership.lead(1)
        async with asyncio.timeout(3):
            await begun.wait()


async def test_a_database_that_is_away_is_waited_for(site, monkeypatch):
    monkeypatch.setattr("revenge.infra.schedule.schedule._AWAY_SECONDS", 0.01)
    done = asyncio.Event()

    async def work(db, run) -> None:
        done.set()

    one = schedule(site, Every("t", timedelta(days=1), work))
    write, tries = site.database.write, []

    def away():
        tries.append(1)
        if len(tries) < 3:
            raise OSError("gone")
        return write()

    monkeypatch.setattr(site.database, "write", away)
    async with one.lifetime(), asyncio.timeout(5):
        await done.wait()
    assert len(tries) == 3


async def test_a_leader_that_stands_still_in_its_transaction_holds_nobody_up_for_long(site):
    """The server ends the transaction, and with it the lock on the token."""
    locked = asyncio.Event()

    async def stand_still() -> None:
        async with site.database.write() as db:
            await ScheduleRepository().hurry(db)
            await db.execute(text("select pg_advisory_xact_lock(1)"))
            locked.set()
            await asyncio.sleep(60)

    halted = asyncio.create_task(stand_still())
    await locked.wait()
    async with site.database.read() as other, asyncio.timeout(5):
        await other.execute(text("select pg_advisory_lock(1)"))
    halted.cancel()
    await asyncio.gather(halted, return_exceptions=True)


def test_an_empty_schedule_rests(site):
    assert schedule(site)._until_next(NOON) == pytest.approx(60)
