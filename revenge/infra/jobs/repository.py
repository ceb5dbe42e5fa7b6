"""The outbox in SQL.

Statements that settle many rows at once skip rows somebody else has locked and say so: nothing here ever waits for a use case's
transaction, nor makes a deadlock with one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Text, all_, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from revenge.core.data import Reading
from revenge.core.work import Ask
from revenge.infra.database import columns_of
from revenge.infra.jobs.tables import outbox

_KEEP = "interval '7 days'"
_KEEP_FAILED = "interval '30 days'"


class Sent(Struct, frozen=True):
    """A row that the store should know: `sends` is the number of the handing over that counts."""

    id: UUID
    job: str
    sends: int


class Claim(Struct, frozen=True):
    """A row this node may run now. `tries` is its fence: a claim with an older number settles nothing."""

    id: UUID
    job: str
    key: str
    args: str
    """JSON."""
    tries: int


class Start(Struct, frozen=True):
    """A wish to run what the store handed out."""

    id: UUID
    sends: int
    lease: float
    """Seconds after which another node may believe this one dead."""


class Settlement(Struct, frozen=True):
    """How a run ended."""

    id: UUID
    tries: int
    error: str | None = None
    wait: float | None = None
    """Seconds until it is due again; None closes the row."""
    returned: bool = False
    """Whether the start shall not count: the node is stopping, or does not know the job."""


class FailedJob(Struct, frozen=True):
    """A job that used up its tries, with the reason of the last one."""

    id: UUID
    job: str
    key: str
    args: Any
    tries: int
    error: str | None
    created_at: datetime
    finished_at: datetime


_ASKED = (
    func.unnest(bindparam("jobs", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(Text)), bindparam("args", type_=ARRAY(Text)))
    .table_valued("job", "key", "args", name="asked")
    .render_derived()
)
_INSERT = insert(outbox).from_select(["job", "key", "args"], select(_ASKED.c.job, _ASKED.c.key, cast(_ASKED.c.args, JSONB)))
_ASK = _INSERT.on_conflict_do_update(
    index_elements=["job", "key"],
    index_where=outbox.c.finished_at.is_(None),
    set_={"args": _INSERT.excluded.args, "again": outbox.c.started_at.is_not(None)},
)

_TAKE = text("""
    with due as (
        select id from shared.outbox
        where finished_at is null and sent_at is null and run_at <= now() and job = any(cast(:jobs as text[]))
        order by run_at, id limit 100 for update skip locked
    )
    update shared.outbox o set sent_at = now(), sends = o.sends + 1
    from due where o.id = due.id returning o.id, o.job, o.sends
""")
_UNSEND = text("""
    update shared.outbox o set sent_at = null, started_at = null, lease_until = null
    from unnest(cast(:ids as uuid[]), cast(:sends as int[])) as lost(id, sends)
    where o.id = lost.id and o.sends = lost.sends and o.finished_at is null and o.sent_at is not null
      and (o.started_at is null or o.lease_until < now())
    returning o.id
""")
_BEGIN = text("""
    with wished as (
        select * from unnest(cast(:ids as uuid[]), cast(:sends as int[]), cast(:leases as float8[])) as t(id, sends, lease)
    ), free as (
        select o.id, w.lease from shared.outbox o join wished w on o.id = w.id
        where o.sends = w.sends and o.sent_at is not null and o.finished_at is null
          and (o.started_at is null or o.lease_until < now())
        for update of o skip locked
    ), begun as (
        update shared.outbox o
        set tries = o.tries + 1, started_at = now(), lease_until = now() + make_interval(secs => f.lease), node = :node, again = false
        from free f where o.id = f.id
        returning o.id, o.job, o.key, cast(o.args as text) as args, o.tries
    )
    select w.id, b.job, b.key, b.args, b.tries,
           exists (select from shared.outbox o
                   where o.id = w.id and o.sends = w.sends and o.sent_at is not null and o.finished_at is null
                     and (o.started_at is null or o.lease_until < now())) as was_free
    from wished w left join begun b on b.id = w.id
""")
_SETTLE = text("""
    with ended as (
        select * from unnest(cast(:ids as uuid[]), cast(:tries as int[]), cast(:errors as text[]), cast(:waits as float8[]),
                             cast(:returned as bool[])) as t(id, tries, error, wait, returned)
    ), mine as (
        select o.id, e.error, e.wait, e.returned, e.wait is not null or o.again as open
        from shared.outbox o join ended e on o.id = e.id
        where o.tries = e.tries and o.finished_at is null and o.started_at is not null
        for update of o skip locked
    ), settled as (
        update shared.outbox o
        set finished_at = case when m.open then null else now() end,
            failed = not m.open and m.error is not null,
            error = m.error,
            run_at = now() + make_interval(secs => coalesce(m.wait, 0)),
            sent_at = case when m.open then null else o.sent_at end,
            started_at = case when m.open then null else o.started_at end,
            lease_until = null,
            tries = case when m.returned then o.tries - 1 when m.open and m.wait is null then 0 else o.tries end,
            again = false
        from mine m where o.id = m.id
        returning o.id, m.open
    )
    select e.id, s.open,
           exists (select from shared.outbox o
                   where o.id = e.id and o.tries = e.tries and o.finished_at is null and o.started_at is not null) as was_mine
    from ended e left join settled s on s.id = e.id
""")
_IN_FLIGHT = text("""
    select id, job, sends from shared.outbox
    where finished_at is null and sent_at is not null
      and (started_at is null or lease_until < now()) and id > :after
    order by id limit 500
""")
_RECLAIM = text("""
    update shared.outbox set sent_at = null, started_at = null, lease_until = null
    where finished_at is null and sent_at is not null and started_at is not null and node = :node returning id
""")
_PURGE = text(f"""
    delete from shared.outbox
    where finished_at < now() - {_KEEP} and not failed or finished_at < now() - {_KEEP_FAILED} and failed
""")  # noqa: S608 - both are constants above
_FAILED = (
    select(*columns_of(FailedJob, outbox))
    .where(outbox.c.finished_at.is_not(None), outbox.c.failed)
    .order_by(outbox.c.finished_at.desc())
    .limit(bindparam("limit"))
)
_RETRY = text("""
    update shared.outbox o
    set finished_at = null, failed = false, tries = 0, sent_at = null, started_at = null, run_at = now()
    where o.id = :id and o.failed
      and not exists (select from shared.outbox w where w.job = o.job and w.key = o.key and w.finished_at is null)
    returning o.id
""")
_OPEN = select(outbox.c.job, func.count()).where(outbox.c.finished_at.is_(None)).group_by(outbox.c.job)
_UNKNOWN = (
    select(outbox.c.job)
    .distinct()
    .where(
        outbox.c.finished_at.is_(None),
        outbox.c.sent_at.is_(None),
        outbox.c.run_at < func.now() - text("interval '1 minute'"),
        outbox.c.job != all_(bindparam("jobs", type_=ARRAY(Text))),
    )
)


class OutboxRepository:
    """Rows of the outbox, found and moved on."""

    async def ask(self, db: Reading | AsyncConnection, asks: Sequence[Ask]) -> None:
        """Write the asks. One that waits already takes the newest arguments; one that runs is run again afterwards."""
        unique = sorted({(ask.job, ask.key): ask for ask in asks}.items())
        encode = msgspec.json.encode
        await db.execute(
            _ASK,
            {
                "jobs": [job for (job, _), _ in unique],
                "keys": [key for (_, key), _ in unique],
                "args": [encode(ask.args).decode() for _, ask in unique],
            },
        )

    async def take(self, db: Reading, jobs: Sequence[str]) -> list[Sent]:
        """Mark up to 100 due rows as sent, oldest first, and return them."""
        return [Sent(*row) for row in await db.execute(_TAKE, {"jobs": jobs})]

    async def unsend(self, db: Reading, rows: Sequence[Sent]) -> int:
        """Let these be sent again, unless they have moved on; returns how many will be."""
        result = await db.execute(_UNSEND, {"ids": [row.id for row in rows], "sends": [row.sends for row in rows]})
        return len(result.all())

    async def begin(self, db: Reading, starts: Sequence[Start], node: str) -> list[Claim | bool]:
        """Return for each wish its claim, or False when it is not to be run, or True when its row is locked just now."""
        parameters = {
            "ids": [start.id for start in starts],
            "sends": [start.sends for start in starts],
            "leases": [start.lease for start in starts],
            "node": node,
        }
        rows = {row.id: row for row in await db.execute(_BEGIN, parameters)}
        found = (rows[start.id] for start in starts)
        return [Claim(*row[:5]) if row.tries is not None else row.was_free for row in found]

    async def settle(self, db: Reading, ends: Sequence[Settlement]) -> list[tuple[bool, bool]]:
        """Write how runs ended; returns for each whether it must be said again (its row is locked), and whether it waits once more."""
        parameters = {
            "ids": [end.id for end in ends],
            "tries": [end.tries for end in ends],
            "errors": [end.error for end in ends],
            "waits": [end.wait for end in ends],
            "returned": [end.returned for end in ends],
        }
        rows = {row.id: row for row in await db.execute(_SETTLE, parameters)}
        found = (rows[end.id] for end in ends)
        return [(row.open is None and row.was_mine, bool(row.open)) for row in found]

    async def in_flight(self, db: Reading, after: UUID) -> list[Sent]:
        """Return up to 500 rows that were sent and are not known to run, in order of id."""
        return [Sent(*row) for row in await db.execute(_IN_FLIGHT, {"after": after})]

    async def reclaim(self, db: Reading, node: str) -> int:
        """Let be sent again what an earlier life of this node was running when it died; returns how many."""
        return len((await db.execute(_RECLAIM, {"node": node})).all())

    async def purge(self, db: Reading) -> None:
        """Delete what finished more than 7 days ago, and what failed more than 30 days ago."""
        await db.execute(_PURGE)

    async def failed(self, db: Reading, limit: int = 50) -> list[FailedJob]:
        """Return the jobs that used up their tries, newest first."""
        return [FailedJob(*row) for row in await db.execute(_FAILED, {"limit": limit})]

    async def retry(self, db: Reading, id: UUID) -> bool:
        """Let a failed job wait anew with all its tries; False when there is none with this id, or the same waits already."""
        return (await db.execute(_RETRY, {"id": id})).first() is not None

    async def open(self, db: Reading) -> dict[str, int]:
        """Return how many rows of each job are not finished."""
        return dict((await db.execute(_OPEN)).tuples().all())

    async def unknown(self, db: Reading, jobs: Sequence[str]) -> list[str]:
        """Return names of jobs that are due for a minute and that this node does not know."""
        return list((await db.execute(_UNKNOWN, {"jobs": jobs})).scalars())
