"""Taking a slot, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from revenge.core.data import Reading
from revenge.infra.schedule.tables import schedule_runs

_TAKE = insert(schedule_runs).on_conflict_do_nothing().returning(schedule_runs.c.task)
_FORGET = delete(schedule_runs).where(schedule_runs.c.task == bindparam("of"), schedule_runs.c.slot < bindparam("before"))


class ScheduleRepository:
    """Slots, taken at most once."""

    async def take(self, db: Reading, task: str, slot: datetime, node: str) -> bool:
        """Take a slot of a task; False when it was taken before, by any node."""
        return (await db.execute(_TAKE, {"task": task, "slot": slot, "node": node})).first() is not None

    async def forget(self, db: Reading, task: str, before: datetime) -> None:
        """Delete a task's slots of before a moment."""
        await db.execute(_FORGET, {"of": task, "before": before})
