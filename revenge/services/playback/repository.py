"""How viewings and progress are found and stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Interval, Text, Uuid, and_, any_, bindparam, case, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Reading, Writing
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.infra.database import Listing, Sort, columns_of
from revenge.media.files import Stamp
from revenge.media.loudness import Loudness
from revenge.services.playback.entity import BEGUN, WATCHED, Decision, Ended, Limits, Progress, Viewing
from revenge.services.playback.tables import loudness, progress, viewing_limits, viewing_preferences
from revenge.services.playback.tables import playback_sessions as viewings
from revenge.services.playback.taste import Preferences
from revenge.services.session.tables import sessions
from revenge.services.user.tables import users


class Begun(msgspec.Struct, frozen=True):
    """An item that was begun and not ended."""

    item_kind: str
    item_id: UUID
    position_ms: int
    duration_ms: int
    at: datetime


class Played(msgspec.Struct, frozen=True):
    """A viewing that goes on, whose it is, and on which device."""

    username: str
    device_name: str | None
    user_agent: str
    viewing: Viewing


class Over(msgspec.Struct, frozen=True):
    """A viewing that has ended."""

    user_id: UUID
    ended_by: Ended | None
    message: str | None


def _viewing(row: Sequence[Any]) -> Viewing:
    viewing = Viewing(*row)
    return msgspec.structs.replace(viewing, decision=msgspec.convert(viewing.decision, Decision))


def _played(username: str, device_name: str | None, user_agent: str | None, *row: Any) -> Played:
    return Played(username, device_name, user_agent or "", _viewing(row))


_IDS = any_(bindparam("ids", type_=ARRAY(Uuid())))
_ADD = upsert(viewings).returning(*columns_of(Viewing, viewings))
_ALIVE = and_(
    viewings.c.ended_at.is_(None),
    viewings.c.seen_at > func.now() - bindparam("idle", type_=Interval()),
    viewings.c.expires_at > func.now(),
)
_FIND = select(*columns_of(Viewing, viewings)).where(viewings.c.id == bindparam("id"), _ALIVE)
_PLAYING = (
    select(users.c.username, sessions.c.device_name, sessions.c.user_agent, *columns_of(Viewing, viewings))
    .select_from(viewings.join(users, users.c.id == viewings.c.user_id).outerjoin(sessions, sessions.c.id == viewings.c.login_id))
    .where(_ALIVE, viewings.c.state != "stopped")
)
_COUNT = select(func.count()).where(_ALIVE, viewings.c.state != "stopped")
_LATEST = {"-started_at": Sort(viewings.c.created_at.desc(), viewings.c.id.desc())}
_ALL = Listing(_PLAYING, _played, _LATEST)
_MINE = Listing(_PLAYING.where(viewings.c.user_id == bindparam("user")), _played, _LATEST)
_OVER = select(viewings.c.user_id, viewings.c.ended_by, viewings.c.message).where(
    viewings.c.id == bindparam("id"), viewings.c.ended_at.is_not(None)
)
_OTHERS = select(func.count()).where(
    _ALIVE,
    viewings.c.state != "stopped",
    viewings.c.user_id == bindparam("user"),
    # A page that was loaded anew is no second stream.
    ~and_(viewings.c.login_id == bindparam("login"), viewings.c.item_kind == bindparam("kind"), viewings.c.item_id == bindparam("item")),
)
_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("whose", type_=Text()), 0)))
_SEE = (
    update(viewings)
    .where(viewings.c.id == bindparam("key"), viewings.c.ended_at.is_(None), viewings.c.told_at <= bindparam("moment"))
    .values(
        position_ms=bindparam("position"),
        state=bindparam("now"),
        told_at=bindparam("moment"),
        acted_at=bindparam("deed"),
        seen_at=func.now(),
    )
)
_TOUCH = update(viewings).where(viewings.c.id == bindparam("key"), viewings.c.ended_at.is_(None)).values(seen_at=func.now())
_END = (
    update(viewings)
    .where(viewings.c.id == bindparam("key"), viewings.c.ended_at.is_(None))
    .values(ended_at=func.now(), state="stopped", ended_by=bindparam("by"), message=bindparam("words"))
    .returning(*columns_of(Viewing, viewings))
)
_REAP = (
    update(viewings)
    .where(
        viewings.c.ended_at.is_(None),
        or_(
            viewings.c.expires_at <= func.now(),
            viewings.c.seen_at <= func.now() - bindparam("idle", type_=Interval()),
            and_(viewings.c.state == "stopped", viewings.c.seen_at <= func.now() - bindparam("left", type_=Interval())),
        ),
    )
    .values(ended_at=func.now(), state="stopped", ended_by="gone")
    .returning(*columns_of(Viewing, viewings))
)
_FORGET = delete(viewings).where(viewings.c.ended_at < func.now() - bindparam("age", type_=Interval()))

_OF_ITEM = (progress.c.user_id == bindparam("user"), progress.c.item_kind == bindparam("kind"), progress.c.item_id == bindparam("item"))
_BEGAN = or_(progress.c.position_ms > 0, progress.c.watched)  # a row at zero says when somebody started over
_PROGRESS = select(progress.c.item_id, progress.c.position_ms, progress.c.duration_ms, progress.c.watched).where(
    progress.c.user_id == bindparam("user"), progress.c.item_kind == bindparam("kind"), progress.c.item_id == _IDS, _BEGAN
)
_INSERT = upsert(progress)
_NEW = _INSERT.excluded
# The newest deed wins, and of one deed the newest report: a film that rests on one device does not take back what runs on another. And a
# zero never takes back a position: starting over is said by removing the progress.
_STOOD = tuple_(func.coalesce(progress.c.acted_at, progress.c.at), progress.c.at)
_NEWER = and_(tuple_(_NEW.acted_at, _NEW.at) >= _STOOD, or_(_NEW.position_ms > 0, progress.c.position_ms == 0))
_REPORT = _INSERT.on_conflict_do_update(
    index_elements=["user_id", "item_kind", "item_id"],
    where=_NEWER,
    set_={
        "position_ms": _NEW.position_ms,
        "duration_ms": _NEW.duration_ms,
        "at": _NEW.at,
        "acted_at": _NEW.acted_at,
        "device_id": _NEW.device_id,
        "watched": progress.c.watched | _NEW.watched,
        "play_count": progress.c.play_count
        + case((and_(_NEW.watched, progress.c.position_ms < WATCHED * progress.c.duration_ms), 1), else_=0),
    },
).returning(progress.c.position_ms)
_SET = _INSERT.on_conflict_do_update(
    index_elements=["user_id", "item_kind", "item_id"],
    set_={
        **{name: _NEW[name] for name in ("position_ms", "duration_ms", "at", "acted_at", "device_id", "watched")},
        "play_count": progress.c.play_count + case((and_(_NEW.watched, ~progress.c.watched), 1), else_=0),
    },
)
_STANDS = select(progress.c.position_ms, progress.c.duration_ms, progress.c.watched).where(*_OF_ITEM)
_START_OVER = (
    update(progress)
    .where(*_OF_ITEM)
    .values(position_ms=0, watched=False, at=bindparam("moment"), acted_at=bindparam("moment"), device_id=None)
)
_HIDE = update(progress).where(*_OF_ITEM).values(hidden_at=bindparam("moment"))
_BEGUN = Listing(
    select(progress.c.item_kind, progress.c.item_id, progress.c.position_ms, progress.c.duration_ms, progress.c.at).where(
        progress.c.user_id == bindparam("user"),
        progress.c.at > bindparam("since"),
        progress.c.position_ms > BEGUN * progress.c.duration_ms,
        progress.c.position_ms < WATCHED * progress.c.duration_ms,
        or_(progress.c.hidden_at.is_(None), progress.c.hidden_at < progress.c.at),
    ),
    Begun,
    {"-at": Sort(progress.c.at.desc(), progress.c.item_id.desc())},
)
_LIMITS = select(*columns_of(Limits, viewing_limits)).where(viewing_limits.c.user_id == bindparam("user"))
_LIMIT = upsert(viewing_limits).from_select(
    ["user_id", *Limits.__struct_fields__],
    select(users.c.id, *(bindparam(name, type_=viewing_limits.c[name].type) for name in Limits.__struct_fields__)).where(
        users.c.id == bindparam("user")
    ),
)
_SET_LIMITS = _LIMIT.on_conflict_do_update(
    index_elements=["user_id"], set_={name: _LIMIT.excluded[name] for name in Limits.__struct_fields__}
).returning(viewing_limits.c.user_id)
_PREFERENCES = select(viewing_preferences.c.preferences).where(viewing_preferences.c.user_id == bindparam("user"))
_PREFER = upsert(viewing_preferences)
_SET_PREFERENCES = _PREFER.on_conflict_do_update(index_elements=["user_id"], set_={"preferences": _PREFER.excluded.preferences})
_LEVELS = select(loudness.c.stream, loudness.c.lufs, loudness.c.peak).where(
    loudness.c.file_id == bindparam("file"), loudness.c.size == bindparam("size"), loudness.c.mtime_ns == bindparam("mtime_ns")
)
_LEVEL = upsert(loudness)
_SET_LEVEL = _LEVEL.on_conflict_do_update(
    index_elements=["file_id", "stream"], set_={name: _LEVEL.excluded[name] for name in ("size", "mtime_ns", "lufs", "peak")}
)


class PlaybackRepository:
    """Rows of viewings. `idle` is the time without a sign of life after which a viewing is over."""

    async def add(self, db: Writing, values: dict[str, Any]) -> Viewing:
        """Store a viewing."""
        row = (await db.execute(_ADD, {**values, "decision": msgspec.to_builtins(values["decision"])})).one()
        return _viewing(row)

    async def find(self, db: Reading, id: UUID, idle: timedelta) -> Viewing | None:
        """Return the viewing, unless it has ended."""
        row = (await db.execute(_FIND, {"id": id, "idle": idle})).one_or_none()
        return row and _viewing(row)

    async def playing(self, db: Reading, query: PageQuery, idle: timedelta, user: UUID | None) -> Page[Played]:
        """Return who watches what now, the latest begun first; of one person, or of all."""
        if user is None:
            return await _ALL.page(db, query, "-started_at", {"idle": idle})
        return await _MINE.page(db, query, "-started_at", {"idle": idle, "user": user})

    async def count(self, db: Reading, idle: timedelta) -> int:
        """Return how many viewings go on."""
        return int((await db.execute(_COUNT, {"idle": idle})).scalar_one())

    async def over(self, db: Reading, id: UUID) -> Over | None:
        """Return how a viewing ended."""
        row = (await db.execute(_OVER, {"id": id})).one_or_none()
        return row and Over(*row)

    async def others(self, db: Writing, user: UUID, login: UUID, item: ItemRef, idle: timedelta) -> int:
        """Return how much else the person watches, beside this item on this device; whoever asks next for them waits for this transaction."""
        await db.execute(_ONE_AT_A_TIME, {"whose": f"streams of {user}"})
        values = {"user": user, "login": login, "kind": item.kind, "item": item.id, "idle": idle}
        return int((await db.execute(_OTHERS, values)).scalar_one())

    async def see(self, db: Writing, viewing: Viewing) -> None:
        """Note a sign of life with its position."""
        await db.execute(
            _SEE,
            {
                "key": viewing.id, "position": viewing.position_ms, "now": viewing.state, "moment": viewing.told_at,
                "deed": viewing.acted_at,
            },
        )  # fmt: skip

    async def touch(self, db: Writing, id: UUID) -> None:
        """Note a sign of life."""
        await db.execute(_TOUCH, {"key": id})

    async def end(self, db: Writing, id: UUID, by: Ended, message: str | None = None) -> Viewing | None:
        """End a viewing; None when it had ended."""
        row = (await db.execute(_END, {"key": id, "by": by, "words": message})).one_or_none()
        return row and _viewing(row)

    async def reap(self, db: Writing, idle: timedelta, left: timedelta) -> list[Viewing]:
        """End the viewings whose viewer is gone: `left` after they said that they stopped, or `idle` after their last sign of life."""
        return [_viewing(row) for row in await db.execute(_REAP, {"idle": idle, "left": left})]

    async def forget(self, db: Writing, age: timedelta) -> None:
        """Remove viewings that ended so long ago."""
        await db.execute(_FORGET, {"age": age})


class ProgressRepository:
    """Rows of progress."""

    async def of(self, db: Reading, user: UUID, kind: str, ids: Sequence[UUID]) -> dict[UUID, Progress]:
        """Return the person's progress with those items they have begun."""
        rows = await db.execute(_PROGRESS, {"user": user, "kind": kind, "ids": ids})
        return {id: Progress(position, duration, watched) for id, position, duration, watched in rows}

    async def report(self, db: Writing, values: dict[str, Any]) -> Progress | None:
        """Store a position unless a newer one is there, or it is a bare zero; then return what stands."""
        if (await db.execute(_REPORT, values)).one_or_none() is not None:
            return None
        return await self.stands(db, values["user_id"], ItemRef(values["item_kind"], values["item_id"]))

    async def stands(self, db: Reading, user: UUID, item: ItemRef) -> Progress:
        """Return what is stored of an item that the person has begun."""
        return Progress(*(await db.execute(_STANDS, {"user": user, "kind": item.kind, "item": item.id})).one())

    async def set(self, db: Writing, values: dict[str, Any]) -> None:
        """Store what a person says about their progress, whatever stood there."""
        await db.execute(_SET, values)

    async def start_over(self, db: Writing, user: UUID, kind: str, item: UUID, at: datetime) -> None:
        """Forget how far the person has come, but not when they said so: older reports that are still to come must not bring it back."""
        await db.execute(_START_OVER, {"user": user, "kind": kind, "item": item, "moment": at})

    async def hide(self, db: Writing, user: UUID, item: ItemRef, at: datetime) -> None:
        """Offer the item no more until the person goes on with it."""
        await db.execute(_HIDE, {"user": user, "kind": item.kind, "item": item.id, "moment": at})

    async def begun(self, db: Reading, query: PageQuery, user: UUID, since: datetime) -> Page[Begun]:
        """Return what the person has begun and not ended, newest first."""
        return await _BEGUN.page(db, query, "-at", {"user": user, "since": since})


class LimitsRepository:
    """Rows of what accounts may watch."""

    async def of(self, db: Reading, user: UUID) -> Limits:
        """Return the account's limits; none where nothing was set."""
        row = (await db.execute(_LIMITS, {"user": user})).one_or_none()
        return Limits(*row) if row else Limits()

    async def set(self, db: Writing, user: UUID, limits: Limits) -> bool:
        """Store the account's limits; False when there is no such account."""
        return (await db.execute(_SET_LIMITS, {"user": user, **msgspec.structs.asdict(limits)})).one_or_none() is not None


class PreferencesRepository:
    """Rows of what people chose while watching."""

    async def of(self, db: Reading, user: UUID) -> Preferences:
        """Return what the person chose."""
        kept = (await db.execute(_PREFERENCES, {"user": user})).scalar_one_or_none()
        return Preferences() if kept is None else msgspec.convert(kept, Preferences)

    async def set(self, db: Writing, user: UUID, preferences: Preferences) -> None:
        """Store what the person chose."""
        await db.execute(_SET_PREFERENCES, {"user_id": user, "preferences": msgspec.to_builtins(preferences)})


class LevelRepository:
    """Rows of how loud tracks are."""

    async def of(self, db: Reading, file: UUID, stamp: Stamp) -> dict[int, Loudness]:
        """Return what was measured of the file as it is now, by stream."""
        rows = await db.execute(_LEVELS, {"file": file, "size": stamp.size, "mtime_ns": stamp.mtime_ns})
        return {stream: Loudness(lufs, peak) for stream, lufs, peak in rows}

    async def set(self, db: Writing, file: UUID, stamp: Stamp, stream: int, measured: Loudness) -> None:
        """Store what was measured."""
        about = {"file_id": file, "stream": stream, "size": stamp.size, "mtime_ns": stamp.mtime_ns}
        await db.execute(_SET_LEVEL, {**about, "lufs": measured.lufs, "peak": measured.peak})
