"""How scans, their steps and their errors are found and stored."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Reading, Writing
from revenge.core.page import Page, PageQuery
from revenge.infra.database import Listing, Sort, columns_of, given, rows
from revenge.infra.jobs.tables import outbox
from revenge.services.library.entity import Fallen, Scan, ScanError
from revenge.services.library.tables import roots, scan_errors, scan_steps, scans

_ID: BindParameter[UUID] = bindparam("id")
_ACTIVE = scans.c.state == any_(literal(["queued", "running"], ARRAY(Text)))

_SCAN = select(*columns_of(Scan, scans)).where(scans.c.id == _ID)
_ACTIVE_SCAN = select(*columns_of(Scan, scans)).where(scans.c.library_id == _ID, _ACTIVE)
_ADD_SCAN = upsert(scans).on_conflict_do_nothing().returning(*columns_of(Scan, scans))
_START = (
    update(scans)
    .where(scans.c.id == bindparam("key"), scans.c.state == "queued")
    .values(state="running", started_at=func.now())
    .returning(*columns_of(Scan, scans))
)
_END = (
    update(scans)
    .where(scans.c.id == bindparam("key"), _ACTIVE)
    .values(state=bindparam("state"), failed=scans.c.failed + bindparam("plus_failed"), finished_at=func.now())
    .returning(*columns_of(Scan, scans))
)
_COUNTS = ("found", "added", "changed", "removed", "failed", "done")
_COUNT = (
    update(scans)
    .where(scans.c.id == bindparam("key"), scans.c.state == "running")
    .values({count: scans.c[count] + bindparam(f"plus_{count}") for count in _COUNTS})
    .returning(*columns_of(Scan, scans))
)
_OPEN_STEP = exists().where(scan_steps.c.scan_id == scans.c.id, scan_steps.c.done.is_(False))
_SEEN = exists().where(roots.c.library_id == scans.c.library_id, roots.c.available)
_COMPLETE = (
    update(scans)
    .where(scans.c.id == bindparam("key"), scans.c.state == "running", ~_OPEN_STEP)
    .values(state=case((_SEEN, "completed"), else_="failed"), finished_at=func.now())
    .returning(*columns_of(Scan, scans))
)
_STEPS = given(key=Text)
_ADD_STEPS = (
    upsert(scan_steps).from_select(["scan_id", "key"], select(bindparam("scan", type_=Uuid()), _STEPS.c.key)).on_conflict_do_nothing()
)
_STEP_WAITS = select(
    exists().where(scan_steps.c.scan_id == bindparam("scan"), scan_steps.c.key == bindparam("step"), scan_steps.c.done.is_(False))
)
_END_STEP = (
    update(scan_steps)
    .where(scan_steps.c.scan_id == bindparam("scan"), scan_steps.c.key == bindparam("step"), scan_steps.c.done.is_(False))
    .values(done=True)
    .returning(scan_steps.c.key)
)
_FORGET_STEPS = delete(scan_steps).where(scan_steps.c.scan_id == _ID)
_JOBS = ("library.scan", "library.probe", "library.match")
# A step ends in the transaction that asks for the next one, so at any moment one job of a scan is not finished.
_STUCK = select(scans.c.id).where(
    _ACTIVE,
    ~exists().where(
        outbox.c.job == any_(literal(_JOBS, ARRAY(Text))), outbox.c.key.startswith(cast(scans.c.id, Text)), outbox.c.finished_at.is_(None)
    ),
)
_FALLEN = given(path=Text, reason=Text, code=Text)
_ADD_ERRORS = insert(scan_errors).from_select(
    ["scan_id", "path", "reason", "code"],
    select(bindparam("scan", type_=Uuid()), _FALLEN.c.path, _FALLEN.c.reason, _FALLEN.c.code),
)
_ERRORS = Listing(
    select(scan_errors.c.path, scan_errors.c.reason, scan_errors.c.created_at, scan_errors.c.code).where(
        scan_errors.c.scan_id == bindparam("scan")
    ),
    ScanError,
    {"at": Sort(scan_errors.c.id)},
)
_SCANS = Listing(
    select(*columns_of(Scan, scans)).where(scans.c.library_id == bindparam("library")),
    Scan,
    {"-created_at": Sort(scans.c.created_at.desc(), scans.c.id.desc())},
)


class ScanRepository:
    """Rows of scans, their steps and errors."""

    async def find(self, db: Reading, id: UUID) -> Scan | None:
        """Return the scan."""
        row = (await db.execute(_SCAN, {"id": id})).one_or_none()
        return row and Scan(*row)

    async def add(self, db: Writing, library_id: UUID) -> tuple[Scan, bool]:
        """Return a new scan and True, or the one that is queued or running already and False."""
        row = (await db.execute(_ADD_SCAN, {"library_id": library_id})).one_or_none()
        if row is not None:
            return Scan(*row), True
        return Scan(*(await db.execute(_ACTIVE_SCAN, {"id": library_id})).one()), False

    async def start(self, db: Writing, id: UUID) -> Scan | None:
        """Set a queued scan running; None when it is not queued."""
        row = (await db.execute(_START, {"key": id})).one_or_none()
        return row and Scan(*row)

    async def end(self, db: Writing, id: UUID, state: str, failed: int) -> Scan | None:
        """End an active scan with so many more failures; None when it had ended before."""
        row = (await db.execute(_END, {"key": id, "state": state, "plus_failed": failed})).one_or_none()
        return row and Scan(*row)

    async def forget_steps(self, db: Writing, id: UUID) -> None:
        """Forget the steps of a scan that has ended."""
        await db.execute(_FORGET_STEPS, {"id": id})

    async def count(self, db: Writing, id: UUID, **plus: int) -> Scan | None:
        """Add to the counts of a running scan, and lock its row until the transaction ends; None when it is not running."""
        row = (await db.execute(_COUNT, {"key": id, **{f"plus_{count}": plus.get(count, 0) for count in _COUNTS}})).one_or_none()
        return row and Scan(*row)

    async def complete(self, db: Writing, id: UUID) -> Scan | None:
        """Complete the scan when no step is open; it has failed when none of the folders could be seen. Call it after `count`: its lock makes the last two steps see each other."""
        row = (await db.execute(_COMPLETE, {"key": id})).one_or_none()
        if row is not None:
            await db.execute(_FORGET_STEPS, {"id": id})
        return row and Scan(*row)

    async def open_steps(self, db: Writing, id: UUID, steps: Sequence[str]) -> None:
        """Note steps that must end before the scan is complete."""
        if steps:
            await db.execute(_ADD_STEPS, {"scan": id, **rows([{"key": step} for step in steps])})

    async def waits(self, db: Reading, id: UUID, step: str) -> bool:
        """Whether a step is still to be done: its job may have come twice, or its scan have ended."""
        return bool((await db.execute(_STEP_WAITS, {"scan": id, "step": step})).scalar_one())

    async def stuck(self, db: Reading) -> list[UUID]:
        """Return the scans that have not ended and that no job goes on with."""
        return list((await db.execute(_STUCK)).scalars())

    async def end_step(self, db: Writing, id: UUID, step: str) -> bool:
        """Note that a step has ended; False when it had before: a job that came twice."""
        return (await db.execute(_END_STEP, {"scan": id, "step": step})).one_or_none() is not None

    async def add_errors(self, db: Writing, id: UUID, errors: Sequence[Fallen]) -> None:
        """Store what could not be taken in."""
        if errors:
            await db.execute(_ADD_ERRORS, {"scan": id, **rows(errors)})

    async def errors(self, db: Reading, id: UUID, query: PageQuery) -> Page[ScanError]:
        """Return a page of a scan's errors, oldest first."""
        return await _ERRORS.page(db, query, "at", {"scan": id})

    async def page(self, db: Reading, library_id: UUID, query: PageQuery) -> Page[Scan]:
        """Return a page of a library's scans, newest first."""
        return await _SCANS.page(db, query, "-created_at", {"library": library_id})
