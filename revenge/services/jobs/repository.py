"""How jobs are found, and what an admin may change of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, text
from sqlalchemy.sql.elements import ColumnElement

from revenge.core.data import Reading, Writing
from revenge.core.page import Page, PageQuery
from revenge.infra.database import Listing, Sort, columns_of
from revenge.infra.jobs.tables import job_log, outbox
from revenge.services.jobs.entity import JobState, Kept, LogLine

_CLOSED = outbox.c.finished_at.is_not(None)
_WHICH: dict[JobState | None, tuple[ColumnElement[bool], ...]] = {
    None: (),
    "waiting": (outbox.c.finished_at.is_(None), outbox.c.started_at.is_(None)),
    "running": (outbox.c.finished_at.is_(None), outbox.c.started_at.is_not(None)),
    "failed": (outbox.c.failed,),
    "cancelled": (outbox.c.cancelled, _CLOSED),
    "finished": (_CLOSED, ~outbox.c.failed, ~outbox.c.cancelled),
}
SORTS = {"-asked_at": Sort(outbox.c.id.desc())}
_ROWS = select(*columns_of(Kept, outbox))
_OF_KINDS = outbox.c.job == any_(bindparam("jobs", type_=ARRAY(Text)))
_ALL = {state: Listing(_ROWS.where(*where), Kept, SORTS) for state, where in _WHICH.items()}
_SOME = {state: Listing(_ROWS.where(*where, _OF_KINDS), Kept, SORTS) for state, where in _WHICH.items()}
_FIND = _ROWS.where(outbox.c.id == bindparam("id"))
_LOG = Listing(
    select(job_log.c.created_at, job_log.c.attempt, job_log.c.level, job_log.c.message).where(job_log.c.job_id == bindparam("job")),
    LogLine,
    {"-at": Sort(job_log.c.id.desc())},
)
_FAILED = select(outbox.c.job, func.count()).where(outbox.c.failed).group_by(outbox.c.job)

_AGAIN = """
    finished_at = null, failed = false, cancelled = false, unsettled = false, tries = 0, sent_at = null, started_at = null, run_at = now(),
    done = null, total = null
"""
_RETRY = text(f"""
    update shared.outbox o set {_AGAIN}
    where o.id = :id and o.finished_at is not null and (o.failed or o.cancelled)
      and not exists (select from shared.outbox w where w.job = o.job and w.key = o.key and w.finished_at is null)
    returning o.id
""")  # noqa: S608 - a constant above
_RETRY_ALL = text(f"""
    with latest as (
        select distinct on (f.job, f.key) f.id from shared.outbox f
        where f.failed and (cast(:job as text) is null or f.job = :job)
          and not exists (select from shared.outbox w where w.job = f.job and w.key = f.key and w.finished_at is null)
        order by f.job, f.key, f.id desc limit 10000
    )
    update shared.outbox o set {_AGAIN} from latest l where o.id = l.id returning o.id
""")  # noqa: S608 - a constant above
# What runs, and what somebody must be told of, is closed by the node that begins or runs it; anything else at once.
_CANCEL = text("""
    update shared.outbox
    set cancelled = true, run_at = least(run_at, now()),
        finished_at = case when started_at is null and not job = any(cast(:told as text[])) then now() end
    where id = :id and finished_at is null
    returning finished_at is null
""")
_TELL = select(func.pg_notify("job_cancelled", bindparam("id", type_=Text())))
_DISCARD = text("delete from shared.outbox where id = :id and (failed or cancelled) and finished_at is not null returning id")


class JobRepository:
    """Rows of the outbox, as an admin sees them."""

    async def page(self, db: Reading, query: PageQuery, state: JobState | None, jobs: Sequence[str] | None) -> Page[Kept]:
        """Return one page of jobs in this state and of these kinds (None: all), the one asked for last first."""
        if jobs is None:
            return await _ALL[state].page(db, query, "-asked_at", {})
        return await _SOME[state].page(db, query, "-asked_at", {"jobs": list(jobs)})

    async def find(self, db: Reading, id: UUID) -> Kept | None:
        """Return the job."""
        row = (await db.execute(_FIND, {"id": id})).one_or_none()
        return row and Kept(*row)

    async def log(self, db: Reading, query: PageQuery, id: UUID) -> Page[LogLine]:
        """Return what its runs had to say, the latest first."""
        return await _LOG.page(db, query, "-at", {"job": id})

    async def failed(self, db: Reading) -> dict[str, int]:
        """Return how many of each kind failed for good and lie there still."""
        rows: Any = await db.execute(_FAILED)
        return dict(rows.tuples().all())

    async def retry(self, db: Writing, id: UUID) -> bool:
        """Let a failed or cancelled job wait anew with all its tries; False when it is neither, or when the same waits already."""
        return (await db.execute(_RETRY, {"id": id})).first() is not None

    async def retry_all(self, db: Writing, job: str | None) -> int:
        """Let all failed jobs of a kind (None: of every kind) wait anew, up to 10,000; returns how many. Of the same job only one does."""
        return len((await db.execute(_RETRY_ALL, {"job": job})).all())

    async def cancel(self, db: Writing, id: UUID, told: Sequence[str]) -> bool:
        """Close an open job, or have it closed where it runs; False when it is closed. `told`: kinds whose end somebody must learn of."""
        open_still = (await db.execute(_CANCEL, {"id": id, "told": list(told)})).scalar_one_or_none()
        if open_still:
            await db.execute(_TELL, {"id": str(id)})
        return open_still is not None

    async def discard(self, db: Writing, id: UUID) -> bool:
        """Forget a failed or cancelled job; False when it is neither."""
        return (await db.execute(_DISCARD, {"id": id})).first() is not None
