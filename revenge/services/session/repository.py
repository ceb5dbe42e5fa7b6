"""How sign-ins are found and stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, any_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from revenge.core.data import Reading, Writing
from revenge.core.page import Page, PageQuery
from revenge.infra.database import Listing, Sort
from revenge.services.session.entity import (
    IDLE,
    LIFETIME,
    MOST_SESSIONS,
    SEEN_EVERY,
    Device,
    Holder,
    Session,
    Started,
    StoredToken,
    fingerprint,
)
from revenge.services.session.tables import refresh_tokens, sessions
from revenge.services.user.tables import users

_DAY = timedelta(days=1)
_ID = sessions.c.id == bindparam("session_id")
_MINE = sessions.c.user_id == bindparam("person")
_OPEN = and_(sessions.c.ended_at.is_(None), sessions.c.expires_at > bindparam("now"), sessions.c.last_seen_at > bindparam("idle"))
_TOKEN = refresh_tokens.c.hash == bindparam("token")
_OWNED = sessions.join(users, users.c.id == sessions.c.user_id)

_HOLDER = (
    select(sessions.c.id, users.c.id, users.c.username, users.c.role, sessions.c.expires_at, sessions.c.last_seen_at)
    .select_from(_OWNED)
    .where(_ID, _OPEN, users.c.active)
)
_LISTED = select(
    sessions.c.id,
    sessions.c.created_at,
    sessions.c.device_name,
    sessions.c.ip,
    sessions.c.user_agent,
    sessions.c.last_seen_at,
    sessions.c.expires_at,
    (sessions.c.id == bindparam("current")).label("current"),
).where(_MINE, _OPEN)
_LIST = Listing(_LISTED, Session, {"-last_seen_at": Sort(sessions.c.last_seen_at.desc(), sessions.c.id.desc())})
_OPEN_IDS = select(sessions.c.id).where(_MINE, sessions.c.ended_at.is_(None))
_MAY_SIGN_IN = select(users.c.id).where(users.c.id == bindparam("person"), users.c.active).with_for_update(key_share=True)
_TOO_MANY = (
    select(sessions.c.id).where(_MINE, _OPEN).order_by(sessions.c.last_seen_at.desc(), sessions.c.id.desc()).offset(MOST_SESSIONS - 1)
)
_INSERT = insert(sessions).returning(sessions.c.id, sessions.c.user_id, sessions.c.expires_at)
_INSERT_TOKEN = insert(refresh_tokens)
_FIND_TOKEN = (
    select(
        sessions.c.id,
        sessions.c.user_id,
        sessions.c.user_agent,
        sessions.c.expires_at,
        and_(_OPEN, users.c.active),
        refresh_tokens.c.used_at,
        refresh_tokens.c.salt,
    )
    .select_from(refresh_tokens.join(sessions, sessions.c.id == refresh_tokens.c.session_id).join(users, users.c.id == sessions.c.user_id))
    .where(_TOKEN)
    .with_for_update(of=[refresh_tokens, sessions])
)
_IS_UNUSED = select(refresh_tokens.c.used_at.is_(None)).where(_TOKEN)
_USE_TOKEN = update(refresh_tokens).where(_TOKEN).values(used_at=bindparam("now"), salt=bindparam("new_salt"))
_END = (
    update(sessions)
    .where(sessions.c.id == any_(bindparam("ids", type_=ARRAY(PG_UUID(as_uuid=True)))), _MINE, sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), ended_by=bindparam("reason"))
    .returning(sessions.c.id)
)
_REFRESHED = (
    update(sessions)
    .where(_ID)
    .values(last_seen_at=bindparam("now"), ip=bindparam("new_ip"), network=bindparam("new_network"), user_agent=bindparam("new_agent"))
)
_SEEN = update(sessions).where(_ID, sessions.c.last_seen_at < bindparam("before")).values(last_seen_at=bindparam("now"))
_USER_SEEN = update(users).where(users.c.id == bindparam("person")).values(last_seen_at=bindparam("now"))

# Where somebody signed in from is worth knowing for a month (the back-off trusts such places); the newest row of each place is enough.
_newer = sessions.alias()
_PURGE = delete(sessions).where(
    or_(
        sessions.c.last_seen_at < bindparam("old"),
        and_(
            sessions.c.ended_at < bindparam("yesterday"),
            exists().where(_newer.c.user_id == sessions.c.user_id, _newer.c.network == sessions.c.network, _newer.c.id > sessions.c.id),
        ),
    )
)
_PURGE_TOKENS = delete(refresh_tokens).where(
    refresh_tokens.c.session_id == sessions.c.id,
    or_(sessions.c.ended_at < bindparam("yesterday"), sessions.c.expires_at < bindparam("yesterday")),
)


class SessionRepository:
    """Sign-ins and refresh tokens. What is open is decided here alone: not ended, not expired, seen within IDLE."""

    async def holder(self, db: Reading, id: UUID, now: datetime) -> Holder | None:
        """Return whose session it is, while it is open and its account may sign in."""
        row = (await db.execute(_HOLDER, {"session_id": id, **_moment(now)})).one_or_none()
        return Holder(*row) if row else None

    async def of(self, db: Reading, query: PageQuery, user_id: UUID, current: UUID, now: datetime) -> Page[Session]:
        """Return one page of a person's open sessions, last seen first."""
        return await _LIST.page(db, query, "-last_seen_at", {"person": user_id, "current": current, **_moment(now)})

    async def open_ids(self, db: Reading, user_id: UUID) -> tuple[UUID, ...]:
        """Return the ids of a person's sessions that were not ended."""
        return tuple((await db.execute(_OPEN_IDS, {"person": user_id})).scalars())

    async def may_sign_in(self, db: Writing, user_id: UUID) -> bool:
        """Whether the account is active; other sign-ins of this person wait until the transaction ends."""
        return (await db.execute(_MAY_SIGN_IN, {"person": user_id})).one_or_none() is not None

    async def too_many(self, db: Writing, user_id: UUID, now: datetime) -> list[UUID]:
        """Return the sessions that have to go before one more may come: those not seen for longest."""
        return list((await db.execute(_TOO_MANY, {"person": user_id, **_moment(now)})).scalars())

    async def insert(self, db: Writing, user_id: UUID, device: Device, now: datetime, token: str) -> Started:
        """Store a session that begins now, with its first refresh token."""
        values = {
            "user_id": user_id,
            "device_name": device.title,
            "ip": device.address[:100],
            "network": device.network,
            "user_agent": device.agent,
            "last_seen_at": now,
            "expires_at": now + LIFETIME,
        }
        row = (await db.execute(_INSERT, values)).one()
        started = Started(row[0], row[1], row[2], token)
        await self.insert_token(db, started.session_id, fingerprint(token))
        return started

    async def insert_token(self, db: Writing, session_id: UUID, token: bytes) -> None:
        """Store a token (its hash) that has not been used."""
        await db.execute(_INSERT_TOKEN, {"hash": token, "session_id": session_id})

    async def is_unused(self, db: Reading, token: bytes) -> bool:
        """Whether a token (its hash) was there and unused at this moment; it waits for nobody who is using it."""
        return bool((await db.execute(_IS_UNUSED, {"token": token})).scalar_one_or_none())

    async def find_token(self, db: Writing, token: bytes, now: datetime) -> StoredToken | None:
        """Return what is known of a token (its hash), when others have done with it; it stays as it is until the transaction ends."""
        row = (await db.execute(_FIND_TOKEN, {"token": token, **_moment(now)})).one_or_none()
        return StoredToken(*row) if row else None

    async def use_token(self, db: Writing, token: bytes, salt: bytes, now: datetime) -> None:
        """Mark a token as used, and keep what its successor is made with."""
        await db.execute(_USE_TOKEN, {"token": token, "new_salt": salt, "now": now})

    async def refreshed(self, db: Writing, id: UUID, device: Device, now: datetime) -> None:
        """Write down where the device was seen."""
        values = {"new_ip": device.address[:100], "new_network": device.network, "new_agent": device.agent}
        await db.execute(_REFRESHED, {"session_id": id, "now": now, **values})

    async def seen(self, db: Writing, user_id: UUID, id: UUID, now: datetime) -> None:
        """Write down that the device was seen, unless another request just did. The account first: everybody locks in this order."""
        await db.execute(_USER_SEEN, {"person": user_id, "now": now})
        await db.execute(_SEEN, {"session_id": id, "before": now - SEEN_EVERY, "now": now})

    async def end(self, db: Writing, user_id: UUID, ids: Sequence[UUID], reason: str, now: datetime) -> list[UUID]:
        """End those of a person's sessions that are still open, and return them."""
        values: Mapping[str, Any] = {"person": user_id, "ids": list(ids), "reason": reason, "now": now}
        return list((await db.execute(_END, values)).scalars())

    async def purge(self, db: Writing, now: datetime) -> None:
        """Remove what nobody can use or needs to know any more."""
        await db.execute(_PURGE_TOKENS, {"yesterday": now - _DAY})
        await db.execute(_PURGE, {"yesterday": now - _DAY, "old": now - LIFETIME})


def _moment(now: datetime) -> dict[str, datetime]:
    return {"now": now, "idle": now - IDLE}
