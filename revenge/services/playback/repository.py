"""How viewings and progress are found and stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Interval, Uuid, and_, any_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Reading, Writing
from revenge.infra.database import columns_of
from revenge.services.playback.entity import BEGUN, WATCHED, Decision, Progress, Viewing
from revenge.services.playback.tables import playback_sessions as viewings
from revenge.services.playback.tables import progress
from revenge.services.user.tables import users

_IDS = any_(bindparam("ids", type_=ARRAY(Uuid())))
_ADD = upsert(viewings).returning(*columns_of(Viewing, viewings))
_FIND = select(*columns_of(Viewing, viewings)).where(viewings.c.id == bindparam("id"), viewings.c.ended_at.is_(None))
_NOW = (
    select(users.c.username, *columns_of(Viewing, viewings))
    .join(users, users.c.id == viewings.c.user_id)
    .where(
        viewings.c.ended_at.is_(None), viewings.c.state != "stopped", viewings.c.seen_at > func.now() - bindparam("idle", type_=Interval())
    )
    .order_by(viewings.c.created_at.desc())
    .limit(200)
)
_MINE = _NOW.where(viewings.c.user_id == bindparam("user"))
_SEE = (
    update(viewings)
    .where(viewings.c.id == bindparam("key"), viewings.c.ended_at.is_(None))
    .values(position_ms=bindparam("position"), state=bindparam("now"), seen_at=func.now())
)
_TOUCH = update(viewings).where(viewings.c.id == bindparam("key"), viewings.c.ended_at.is_(None)).values(seen_at=func.now())
_END = (
    update(viewings)
    .where(viewings.c.id == bindparam("key"), viewings.c.ended_at.is_(None))
    .values(ended_at=func.now(), state="stopped")
    .returning(*columns_of(Viewing, viewings))
)
_REAP = (
    update(viewings)
    .where(
        viewings.c.ended_at.is_(None),
        or_(viewings.c.seen_at < func.now() - bindparam("idle", type_=Interval()), viewings.c.expires_at < func.now()),
    )
    .values(ended_at=func.now(), state="stopped")
    .returning(*columns_of(Viewing, viewings))
)
_FORGET = delete(viewings).where(viewings.c.ended_at < func.now() - bindparam("age", type_=Interval()))

_PROGRESS = select(progress.c.item_id, progress.c.position_ms, progress.c.duration_ms, progress.c.watched).where(
    progress.c.user_id == bindparam("user"), progress.c.item_kind == bindparam("kind"), progress.c.item_id == _IDS
)
_INSERT = upsert(progress)
_NEW = _INSERT.excluded
# Newest wins; and a zero never takes back a position: starting over is said by removing the progress.
_NEWER = and_(progress.c.at <= _NEW.at, or_(_NEW.position_ms > 0, progress.c.position_ms == 0))
_REPORT = _INSERT.on_conflict_do_update(
    index_elements=["user_id", "item_kind", "item_id"],
    where=_NEWER,
    set_={
        "position_ms": _NEW.position_ms,
        "duration_ms": _NEW.duration_ms,
        "at": _NEW.at,
        "device_id": _NEW.device_id,
        "watched": progress.c.watched | _NEW.watched,
        "play_count": progress.c.play_count
        + case((and_(_NEW.watched, progress.c.position_ms < WATCHED * progress.c.duration_ms), 1), else_=0),
    },
).returning(progress.c.position_ms)
_SET = _INSERT.on_conflict_do_update(
    index_elements=["user_id", "item_kind", "item_id"],
    set_={name: _NEW[name] for name in ("position_ms", "duration_ms", "at", "watched")},
)
_POSITION = select(progress.c.position_ms).where(
    progress.c.user_id == bindparam("user"), progress.c.item_kind == bindparam("kind"), progress.c.item_id == bindparam("item")
)
_CLEAR = delete(progress).where(
    progress.c.user_id == bindparam("user"), progress.c.item_kind == bindparam("kind"), progress.c.item_id == bindparam("item")
)
_BEGUN = (
    select(progress.c.item_kind, progress.c.item_id, progress.c.position_ms, progress.c.duration_ms, progress.c.at)
    .where(
        progress.c.user_id == bindparam("user"),
        progress.c.at > func.now() - bindparam("age", type_=Interval()),
        progress.c.position_ms > BEGUN * progress.c.duration_ms,
        progress.c.position_ms < WATCHED * progress.c.duration_ms,
    )
    .order_by(progress.c.at.desc())
    .limit(bindparam("most"))
)


class Begun(msgspec.Struct, frozen=True):
    """An item that was begun and not ended."""

    item_kind: str
    item_id: UUID
    position_ms: int
    duration_ms: int
    at: datetime


class PlaybackRepository:
    """Rows of viewings."""

    async def add(self, db: Writing, values: dict[str, Any]) -> Viewing:
        """Store a viewing."""
        row = (await db.execute(_ADD, {**values, "decision": msgspec.to_builtins(values["decision"])})).one()
        return _viewing(row)

    async def find(self, db: Reading, id: UUID) -> Viewing | None:
        """Return the viewing, unless it has ended."""
        row = (await db.execute(_FIND, {"id": id})).one_or_none()
        return row and _viewing(row)

    async def now(self, db: Reading, idle: Any, user: UUID | None) -> list[tuple[str, Viewing]]:
        """Return who watches what now, newest first; of one person, or of all."""
        parameters = {"idle": idle} if user is None else {"idle": idle, "user": user}
        rows = await db.execute(_NOW if user is None else _MINE, parameters)
        return [(name, _viewing(row)) for name, *row in rows]

    async def see(self, db: Writing, id: UUID, position_ms: int, state: str) -> None:
        """Note a sign of life with its position."""
        await db.execute(_SEE, {"key": id, "position": position_ms, "now": state})

    async def touch(self, db: Writing, id: UUID) -> None:
        """Note a sign of life."""
        await db.execute(_TOUCH, {"key": id})

    async def end(self, db: Writing, id: UUID) -> Viewing | None:
        """End a viewing; None when it had ended."""
        row = (await db.execute(_END, {"key": id})).one_or_none()
        return row and _viewing(row)

    async def reap(self, db: Writing, idle: Any) -> list[Viewing]:
        """End the viewings whose viewer is gone."""
        return [_viewing(row) for row in await db.execute(_REAP, {"idle": idle})]

    async def forget(self, db: Writing, age: Any) -> None:
        """Remove viewings that ended long ago."""
        await db.execute(_FORGET, {"age": age})


class ProgressRepository:
    """Rows of progress."""

    async def of(self, db: Reading, user: UUID, kind: str, ids: Sequence[UUID]) -> dict[UUID, Progress]:
        """Return the person's progress with those items they have begun."""
        rows = await db.execute(_PROGRESS, {"user": user, "kind": kind, "ids": ids})
        return {id: Progress(position, duration, watched) for id, position, duration, watched in rows}

    async def report(self, db: Writing, values: dict[str, Any]) -> int | None:
        """Store a position unless a newer one is there; then return the one that stands."""
        row = (await db.execute(_REPORT, values)).one_or_none()
        if row is not None:
            return None
        return int((await db.execute(_POSITION, _key(values))).scalar_one())

    async def set(self, db: Writing, values: dict[str, Any]) -> None:
        """Store what a person says about their progress."""
        await db.execute(_SET, values)

    async def clear(self, db: Writing, user: UUID, kind: str, item: UUID) -> None:
        """Forget how far the person has come."""
        await db.execute(_CLEAR, {"user": user, "kind": kind, "item": item})

    async def begun(self, db: Reading, user: UUID, age: Any, limit: int) -> list[Begun]:
        """Return what the person has begun and not ended, newest first."""
        return [Begun(*row) for row in await db.execute(_BEGUN, {"user": user, "age": age, "most": limit})]


def _viewing(row: Sequence[Any]) -> Viewing:
    viewing = Viewing(*row)
    return msgspec.structs.replace(viewing, decision=msgspec.convert(viewing.decision, Decision))


def _key(values: dict[str, Any]) -> dict[str, Any]:
    return {"user": values["user_id"], "kind": values["item_kind"], "item": values["item_id"]}
