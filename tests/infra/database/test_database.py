"""Connections and transactions: what leaves with a commit, what a rollback takes back, and what people are told when there is no server."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import ARRAY, DateTime, Numeric, Text, Uuid, bindparam, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InternalError

from revenge.core.data import BUSY, patiently
from revenge.core.errors import StartRefused, Unavailable
from revenge.core.events import ItemChanged
from revenge.core.ids import ItemRef
from revenge.core.qos import Qos, as_urgent_as
from revenge.core.work import Ask
from revenge.infra.database import Database
from revenge.infra.database.url import driver_url, sqlalchemy_url
from revenge.infra.database_settings import PoolSettings
from revenge.infra.jobs.outbox import Outbox
from revenge.infra.site.tables import site
from tests.fixtures.database import named, run_on

SITE = text("insert into shared.site (name, value) values (:name, 'x')")
COUNT = select(func.count()).select_from(site)
JOBS = text("select count(*) from shared.outbox")
CHANGED = ItemChanged(item=ItemRef("movie", uuid4()), library_id=uuid4())


class Told:
    """Whoever listens to what a database tells."""

    def __init__(self):
        self.events, self.stale = [], []

    async def publish(self, events):
        self.events += events

    def drop(self, tags):
        self.stale += tags


@pytest.fixture
async def told():
    return Told()


@pytest.fixture
async def telling(database_url, told):
    async with Database(database_url, PoolSettings(max_conns=2), Outbox(), told.publish, told.drop).lifetime() as opened:
        yield opened


async def count(database, statement):
    async with database.read() as db:
        return (await db.execute(statement)).scalar_one()


async def test_everything_that_was_asked_for_leaves_with_the_commit(telling, told):
    async with telling.write() as db:
        await db.execute(SITE, {"name": "a"})
        await db.ask(Ask("a.job", "key"))
        await db.invalidate("tag")
        db.after(CHANGED)
        assert (told.events, told.stale) == ([], [])
    assert (told.events, told.stale) == ([CHANGED], ["tag"])
    assert await count(telling, COUNT) == 1
    assert await count(telling, JOBS) == 1


async def test_a_rollback_takes_everything_back(telling, told):
    async def change_one_s_mind():
        async with telling.write() as db:
            await db.execute(SITE, {"name": "a"})
            await db.ask(Ask("a.job", "key"))
            await db.invalidate("tag")
            db.after(CHANGED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_one_s_mind()
    assert (told.events, told.stale) == ([], [])
    assert await count(telling, COUNT) == 0
    assert await count(telling, JOBS) == 0


async def test_a_feed_that_fails_does_not_undo_what_was_committed(database_url):
    async def fail(_events):
        raise OSError("away")

    async with Database(database_url, PoolSettings(), None, fail).lifetime() as database:
        async with database.write() as db:
            await db.execute(SITE, {"name": "a"})
            db.after(CHANGED)
        assert await count(database, COUNT) == 1


async def test_a_statement_made_stale_by_a_migration_is_run_once_more(telling):
    """After DDL each connection's first use of a cached statement fails inside the driver; a reader does not notice."""
    everything = text("select * from shared.site")
    async with telling.write() as db:
        await db.execute(SITE, {"name": "a"})
    async with telling.read() as db:
        assert len((await db.execute(everything)).one()) == 2
        async with telling.write() as other:
            await other.execute(text("alter table shared.site add column note text"))
        assert len((await db.execute(everything)).one()) == 3


async def test_a_lost_connection_is_replaced_without_the_reader_noticing(telling):
    kill = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
    async with telling.read() as db:
        await db.execute(COUNT)
        async with telling.read() as other:
            await other.execute(kill)
        assert (await db.execute(COUNT)).scalar_one() == 0


async def test_rows_come_as_sqlalchemy_would_give_them(telling):
    """Text, ids, lists, times, JSON, nulls, and values that stand in the statement itself."""
    values = {"id": uuid4(), "ids": [uuid4(), uuid4()], "words": ["a", "ü"], "at": datetime.now(UTC), "data": {"a": [1, None]}, "most": 3}
    statement = select(
        bindparam("id", type_=Uuid()), bindparam("ids", type_=ARRAY(Uuid())), bindparam("words", type_=ARRAY(Text)),
        bindparam("at", type_=DateTime(timezone=True)), bindparam("data", type_=JSONB), literal("fixed"), literal(None, Text), cast(1, Numeric),
    ).limit(bindparam("most"))  # fmt: skip
    async with telling.read() as db:
        quick = await db.rows(statement, values)
        usual = (await db.execute(statement, values)).all()
        mixed = await db.rows(statement, values)
    async with telling.write() as db:
        inside = await db.rows(statement, values)
    assert [tuple(row) for row in quick] == [tuple(row) for row in usual] == [tuple(row) for row in mixed] == [tuple(row) for row in inside]


async def test_a_parameter_that_is_not_given_is_no_null(telling):
    async with telling.read() as db:
        with pytest.raises(KeyError):
            await db.rows(select(bindparam("id", type_=Uuid())), {})


async def test_rows_survive_a_migration_and_a_lost_connection(telling):
    everything = text("select * from shared.site")
    kill = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
    async with telling.read() as db:
        assert await db.rows(everything, {}) == []
        async with telling.write() as other:
            await other.execute(text("alter table shared.site add column note text"))
            await other.execute(SITE, {"name": "a"})
        assert [len(row) for row in await db.rows(everything, {})] == [3]
        async with telling.read() as other:
            await other.execute(kill)
        assert len(await db.rows(everything, {})) == 1
    async with telling.read() as other:
        await other.execute(kill)
    async with telling.read() as db:
        assert len(await db.rows(everything, {})) == 1


async def test_a_reader_who_is_cancelled_leaves_no_answer_behind(telling):
    for _ in range(4):
        asking = asyncio.create_task(_slow(telling))
        await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with telling.read() as db:
            assert [tuple(row) for row in await db.rows(select(literal(7)), {})] == [(7,)]
    assert telling.connections == 0


async def _slow(database):
    async with database.read() as db:
        await db.rows(text("select pg_sleep(5)"), {})


async def test_a_reader_is_told_when_a_server_that_is_being_restarted_refuses_a_new_connection(telling, monkeypatch):
    kill = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")

    async def starting(*_words, **_options):
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    async def read_on() -> None:
        async with telling.read() as db:
            await db.execute(COUNT)
            async with telling.read() as other:
                await other.execute(kill)
            monkeypatch.setattr(asyncpg, "connect", starting)
            await db.execute(COUNT)

    with pytest.raises(Unavailable):
        await read_on()


async def test_rows_say_that_a_server_which_went_away_cannot_be_reached(telling):
    url = make_url(telling.url)
    async with telling.read() as db:
        assert await db.rows(select(literal(7)), {})
        await run_on(named(telling.url, "postgres"), f"alter database {url.database} with allow_connections false")
        await run_on(
            named(telling.url, "postgres"),
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{url.database}'",
        )
        with pytest.raises(Unavailable):
            await db.rows(select(literal(7)), {})


async def test_a_change_whose_answer_was_lost_is_not_made_twice(telling):
    """Whether it was made nobody knows: the caller is told, and decides."""
    kill = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")

    async def change():
        async with telling.read() as db:
            await db.execute(COUNT)
            async with telling.read() as other:
                await other.execute(kill)
            await db.execute(SITE, {"name": "a"})

    with pytest.raises((Unavailable, DBAPIError)):
        await change()
    assert await count(telling, COUNT) == 0


async def test_a_server_that_is_not_there_is_said_to_be_unavailable(tmp_path):
    database, told = Database(f"postgresql://nobody@/none?host={tmp_path}", PoolSettings()), []
    database.when_away(lambda: told.append("away"))
    with pytest.raises(Unavailable, match="cannot be reached") as error:
        async with database.read():
            pass
    assert error.value.retry_after
    assert told == ["away"]


async def test_of_two_who_wait_for_each_other_one_is_told_so_and_may_try_again(telling):
    async with telling.write() as db:
        for name in ("left", "right"):
            await db.execute(SITE, {"name": name})
    change = text("update shared.site set value = value || :sign where name = :name")
    met, told = asyncio.Barrier(2), []

    async def both(first, second, sign):
        async with telling.write() as db:
            await db.execute(change, {"name": first, "sign": sign})
            if not told:
                await met.wait()
            await db.execute(change, {"name": second, "sign": sign})

    async def noted(*names):
        try:
            await both(*names)
        except Unavailable as error:
            told.append((error.code, error.retry_after))
            raise

    await asyncio.gather(patiently(lambda: noted("left", "right", "1")), patiently(lambda: noted("right", "left", "2")))
    assert told == [(BUSY, 1)]
    async with telling.read() as db:
        values = (await db.execute(text("select value from shared.site where name in ('left', 'right')"))).scalars().all()
    assert [sorted(value) for value in values] == [["1", "2", "x"]] * 2


async def test_more_callers_than_connections_take_turns(telling):
    async def look():
        async with telling.read() as db:
            await db.execute(text("select pg_sleep(0.02)"))

    await asyncio.gather(*(look() for _ in range(12)))
    assert telling.connections == 0


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://db/x"])
def test_other_databases_are_refused_by_name(url):
    with pytest.raises(StartRefused, match="only PostgreSQL"):
        sqlalchemy_url(url)


def test_one_url_has_the_spelling_of_each_reader():
    url = "postgres://anna:p%40ss@db:5432/revenge"
    assert sqlalchemy_url(url).drivername == "postgresql+asyncpg"
    assert driver_url(url) == "postgresql://anna:p%40ss@db:5432/revenge"


async def test_an_older_server_is_refused_at_the_start(telling, monkeypatch):
    monkeypatch.setattr("revenge.infra.database.database.LOWEST_SERVER", 990000)
    with pytest.raises(StartRefused, match="needs 18 or newer"):
        async with Database(telling.url, PoolSettings()).lifetime():
            pass


async def test_work_in_the_background_leaves_a_connection_for_people(database_url):
    async with Database(database_url, PoolSettings(max_conns=2), Outbox()).lifetime() as database:
        held, go_on, order = asyncio.Event(), asyncio.Event(), []

        async def work(name):
            with as_urgent_as(Qos.BACKGROUND):
                async with database.write() as db:
                    await db.execute(select(1))
                    order.append(name)
                    held.set()
                    await go_on.wait()

        first, second = asyncio.create_task(work("first")), asyncio.create_task(work("second"))
        await held.wait()
        assert await count(database, COUNT) == 0
        assert order == ["first"]
        go_on.set()
        await asyncio.gather(first, second)
        assert order == ["first", "second"]


async def test_a_server_that_dies_in_the_middle_of_a_statement_cannot_be_reached(database):
    """What the driver says then: its end of the connection is in no state to take an answer."""
    cause = asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
    orig = AsyncAdapt_asyncpg_dbapi.InternalError(str(cause), cause)
    orig.__cause__ = cause
    with pytest.raises(Unavailable):
        async with database.write():
            raise InternalError("insert", {}, orig)
