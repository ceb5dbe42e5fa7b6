"""Taking a slot, in SQL."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import any_, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Text

from revenge.core.data import Reading, Writing
from revenge.infra.database import columns_of
from revenge.infra.schedule.tables import schedule_runs

_LIMIT = text("select set_config('transaction_timeout', '2s', true)")
_NOW = select(func.clock_timestamp())
_TAKE = insert(schedule_runs).on_conflict_do_nothing().returning(schedule_runs.c.task)
_KEPT = (
    select(schedule_runs.c.slot)
    .where(schedule_runs.c.task == bindparam("of"))
    .order_by(schedule_runs.c.slot.desc())
    .offset(bindparam("keep"))
    .limit(1)
    .scalar_subquery()
)
_FORGET = delete(schedule_runs).where(schedule_runs.c.task == bindparam("of"), schedule_runs.c.slot <= _KEPT)


class Taken(Struct, frozen=True):
    """A slot that was taken."""

    task: str
    slot: datetime
    node: str
    token: int
    created_at: datetime


_LAST = (
    select(*columns_of(Taken, schedule_runs))
    .distinct(schedule_runs.c.task)
    .where(schedule_runs.c.task == any_(bindparam("tasks", type_=ARRAY(Text))))
    .order_by(schedule_runs.c.task, schedule_runs.c.slot.desc())
)


class ScheduleRepository:
    """Slots, taken at most once."""

    async def hurry(self, db: Writing) -> None:
        """Let the server end this transaction after two seconds: a node that stands still must not hold up the next leader."""
        await db.execute(_LIMIT)

    async def now(self, db: Reading) -> datetime:
        """Return the database's time: one clock for all nodes, whatever their own say."""
        at: datetime = (await db.execute(_NOW)).scalar_one()
        return at

    async def take(self, db: Writing, task: str, slot: datetime, node: str, token: int) -> bool:
        """Take a slot of a task; False when it was taken before, by any node."""
        values = {"task": task, "slot": slot, "node": node, "token": token}
        return (await db.execute(_TAKE, values)).first() is not None

    async def last(self, db: Reading, tasks: Sequence[str]) -> dict[str, Taken]:
        """Return the newest slot that was taken of each of these tasks."""
        return {row.task: Taken(*row) for row in await db.execute(_LAST, {"tasks": list(tasks)})}

    async def forget(self, db: Writing, task: str, keep: int) -> None:
        """Delete a task's slots but for the newest `keep`."""
        await db.execute(_FORGET, {"of": task, "keep": keep})
