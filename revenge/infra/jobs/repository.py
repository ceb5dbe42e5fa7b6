"""The outbox in SQL.

Statements that settle many rows at once skip rows somebody else has locked and say so: nothing here ever waits for a use case's
transaction, nor makes a deadlock with one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, Text, all_, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from revenge.core.data import Reading
from revenge.core.work import Ask
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
    lost: bool
    """Whether an earlier run began and nobody has said how it ended: its node died."""
    cancelled: bool
    """Whether nobody wants it any more."""
    trace: str | None
    """What asked for it, as a trace context's `traceparent`."""


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
    """Whether the start shall not count: the node is stopping, makes room for people, or does not know the job."""
    cancelled: bool = False
    """Whether it ends because nobody wants it any more."""


class Line(Struct, frozen=True):
    """One line of a job's log."""

    job_id: UUID
    attempt: int
    level: str
    message: str
    at: datetime


class Standing(Struct, frozen=True):
    """How the open jobs of one kind stand, on all nodes together."""

    job: str
    due: int
    """Jobs that could begin now."""
    later: int
    """Jobs that wait for their time: a failed try, mostly."""
    running: int
    due_since: datetime | None
    """Since when the one that waits longest could begin."""
    next_at: datetime | None
    """When the next of those that wait for their time may begin."""

    @property
    def open(self) -> int:
        """Jobs that are not finished."""
        return self.due + self.later + self.running


_ASKED = (
    func.unnest(bindparam("jobs", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(Text)), bindparam("args", type_=ARRAY(Text)))
    .table_valued("job", "key", "args", name="asked")
    .render_derived()
)
_INSERT = insert(outbox).from_select(
    ["job", "key", "args", "trace"], select(_ASKED.c.job, _ASKED.c.key, cast(_ASKED.c.args, JSONB), bindparam("trace", type_=Text()))
)
_ASK = _INSERT.on_conflict_do_update(
    index_elements=["job", "key"],
    index_where=outbox.c.finished_at.is_(None),
    set_={
        "args": _INSERT.excluded.args,
        "trace": _INSERT.excluded.trace,
        "again": outbox.c.started_at.is_not(None),
        "cancelled": outbox.c.cancelled & outbox.c.started_at.is_not(None),  # one that waits is wanted again
    },
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
        select o.id, w.lease, o.unsettled from shared.outbox o join wished w on o.id = w.id
        where o.sends = w.sends and o.sent_at is not null and o.finished_at is null
          and (o.started_at is null or o.lease_until < now())
        for update of o skip locked
    ), begun as (
        update shared.outbox o
        set tries = o.tries + 1, started_at = now(), lease_until = now() + make_interval(secs => f.lease), node = :node, again = false,
            unsettled = true
        from free f where o.id = f.id
        returning o.id, o.job, o.key, cast(o.args as text) as args, o.tries, f.unsettled as lost, o.cancelled, o.trace
    )
    select w.id, b.job, b.key, b.args, b.tries, b.lost, b.cancelled, b.trace,
           exists (select from shared.outbox o
                   where o.id = w.id and o.sends = w.sends and o.sent_at is not null and o.finished_at is null
                     and (o.started_at is null or o.lease_until < now())) as was_free
    from wished w left join begun b on b.id = w.id
""")
_SETTLE = text("""
    with ended as (
        select * from unnest(cast(:ids as uuid[]), cast(:tries as int[]), cast(:errors as text[]), cast(:waits as float8[]),
                             cast(:returned as bool[]), cast(:cancelled as bool[])) as t(id, tries, error, wait, returned, cancelled)
    ), mine as (
        select o.id, e.error, e.wait, e.returned, e.cancelled, o.again or e.wait is not null and not e.cancelled as open
        from shared.outbox o join ended e on o.id = e.id
        where o.tries = e.tries and o.finished_at is null and o.started_at is not null
        for update of o skip locked
    ), settled as (
        update shared.outbox o
        set finished_at = case when m.open then null else now() end,
            failed = not m.open and m.error is not null and not m.cancelled,
            error = m.error,
            cancelled = case when o.again then false when m.open then o.cancelled else m.cancelled end,
            unsettled = false,
            run_at = now() + make_interval(secs => case when o.cancelled then 0 else coalesce(m.wait, 0) end),
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
_SETTLE_HERE = text("""
    update shared.outbox o
    set finished_at = case when o.again then null else now() end,
        sent_at = case when o.again then null else o.sent_at end,
        started_at = case when o.again then null else o.started_at end,
        tries = case when o.again then 0 else o.tries end,
        lease_until = null, error = null, unsettled = false, cancelled = false, again = false
    where o.id = :id and o.tries = :tries and o.finished_at is null and o.started_at is not null
    returning o.id
""")
_PROGRESS = text("""
    update shared.outbox set done = :done, total = :total
    where id = :id and tries = :tries and finished_at is null and started_at is not null returning job, key
""")
_WRITE_LOG = text("""
    insert into shared.job_log (job_id, attempt, level, message, created_at)
    select l.* from unnest(cast(:jobs as uuid[]), cast(:attempts as int[]), cast(:levels as text[]), cast(:messages as text[]),
                           cast(:times as timestamptz[])) as l(job_id, attempt, level, message, at)
    where exists (select from shared.outbox o where o.id = l.job_id)
    returning id
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
_STANDING = text("""
    select job,
           count(*) filter (where started_at is null and run_at <= now()),
           count(*) filter (where started_at is null and run_at > now()),
           count(*) filter (where started_at is not null),
           min(run_at) filter (where started_at is null and run_at <= now()),
           min(run_at) filter (where started_at is null and run_at > now())
    from shared.outbox where finished_at is null group by job
""")
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

    async def ask(self, db: Reading | AsyncConnection, asks: Sequence[Ask], trace: str | None = None) -> None:
        """Write the asks. One that waits already takes the newest arguments; one that runs is run again afterwards."""
        unique = sorted({(ask.job, ask.key): ask for ask in asks}.items())
        encode = msgspec.json.encode
        await db.execute(
            _ASK,
            {
                "jobs": [job for (job, _), _ in unique],
                "keys": [key for (_, key), _ in unique],
                "args": [encode(ask.args).decode() for _, ask in unique],
                "trace": trace,
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
        return [Claim(*row[:8]) if row.tries is not None else row.was_free for row in found]

    async def settle(self, db: Reading, ends: Sequence[Settlement]) -> list[tuple[bool, bool]]:
        """Write how runs ended; returns for each whether it must be said again (its row is locked), and whether it waits once more."""
        parameters = {
            "ids": [end.id for end in ends],
            "tries": [end.tries for end in ends],
            "errors": [end.error for end in ends],
            "waits": [end.wait for end in ends],
            "returned": [end.returned for end in ends],
            "cancelled": [end.cancelled for end in ends],
        }
        rows = {row.id: row for row in await db.execute(_SETTLE, parameters)}
        found = (rows[end.id] for end in ends)
        return [(row.open is None and row.was_mine, bool(row.open)) for row in found]

    async def settle_here(self, db: Reading, id: UUID, tries: int) -> bool:
        """Close the row in this transaction as done (or let it wait, where it was asked for anew); False when it is not this run's any more."""
        return (await db.execute(_SETTLE_HERE, {"id": id, "tries": tries})).first() is not None

    async def progress(self, db: Reading, id: UUID, tries: int, done: int, total: int) -> tuple[str, str] | None:
        """Write how far a run has come; returns the job's name and key, or None when the run is over."""
        row = (await db.execute(_PROGRESS, {"id": id, "tries": tries, "done": done, "total": total})).one_or_none()
        return row and (row.job, row.key)

    async def write_log(self, db: Reading, lines: Sequence[Line]) -> None:
        """Keep lines of logs; those of rows that are gone are left out."""
        parameters = {
            "jobs": [line.job_id for line in lines],
            "attempts": [line.attempt for line in lines],
            "levels": [line.level for line in lines],
            "messages": [line.message for line in lines],
            "times": [line.at for line in lines],
        }
        await db.execute(_WRITE_LOG, parameters)

    async def in_flight(self, db: Reading, after: UUID) -> list[Sent]:
        """Return up to 500 rows that were sent and are not known to run, in order of id."""
        return [Sent(*row) for row in await db.execute(_IN_FLIGHT, {"after": after})]

    async def reclaim(self, db: Reading, node: str) -> int:
        """Let be sent again what an earlier life of this node was running when it died; returns how many."""
        return len((await db.execute(_RECLAIM, {"node": node})).all())

    async def purge(self, db: Reading) -> None:
        """Delete what finished more than 7 days ago, and what failed more than 30 days ago."""
        await db.execute(_PURGE)

    async def standing(self, db: Reading) -> list[Standing]:
        """Return how the open rows of each job stand."""
        return [Standing(*row) for row in await db.execute(_STANDING)]

    async def unknown(self, db: Reading, jobs: Sequence[str]) -> list[str]:
        """Return names of jobs that are due for a minute and that this node does not know."""
        return list((await db.execute(_UNKNOWN, {"jobs": jobs})).scalars())
