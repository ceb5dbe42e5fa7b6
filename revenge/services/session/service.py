"""What can be done with sign-ins: start, refresh, recognise, list, end."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from secrets import token_bytes
from typing import Protocol
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.data import Transactions, Writing
from revenge.core.errors import Unauthenticated, Unavailable, absent
from revenge.core.page import Page, PageQuery
from revenge.services.session.entity import (
    SEEN_EVERY,
    Device,
    Holder,
    Outcome,
    Session,
    Started,
    StoredToken,
    fingerprint,
    new_token,
    session_tag,
    successor,
)
from revenge.services.session.repository import SessionRepository

_MOST_REMEMBERED = 10_000
_FIRST_PAGE = PageQuery()


class SessionCache(Protocol):
    """Holds who is behind a session, near the requests. Transactions that end one invalidate its `session_tag` on all nodes."""

    async def get(self, id: UUID, load: Callable[[], Awaitable[Holder | None]]) -> Holder | None:
        """Return what is held, or what `load` finds."""

    async def drop(self, ids: Sequence[UUID]) -> None:
        """Forget these sessions here and now: the next `get` on this node loads."""


class Sessions:
    """Sign-ins, one per device. Ending one works at the next request on this node, and on the others when the bus has told them."""

    def __init__(self, database: Transactions, cache: SessionCache, secret: str, clock: Clock = now) -> None:
        self.database = database
        self.store = SessionRepository()
        self.cache = cache
        self.clock = clock
        self._key = hmac.digest(secret.encode(), b"revenge refresh tokens 1", hashlib.sha256)
        self._told: dict[UUID, datetime] = {}
        """When this node last wrote down that a session was seen; only spares writes."""

    async def start(self, user_id: UUID, device: Device) -> Started:
        """Sign a person in on a device; Unauthenticated when the account was removed or shut meanwhile."""
        async with self.database.write() as db:
            if not await self.store.may_sign_in(db, user_id):
                raise Unauthenticated("This account cannot sign in.")
            surplus = await self.store.too_many(db, user_id, self.clock())
            await self._end(db, user_id, surplus, "limit")
            started = await self.begin(db, user_id, device)
        await self.forget(surplus)
        return started

    async def begin(self, db: Writing, user_id: UUID, device: Device) -> Started:
        """Store a new session in the caller's transaction."""
        return await self.store.insert(db, user_id, device, self.clock(), new_token())

    async def refresh(self, token: str, device: Device) -> Started:
        """Exchange a refresh token for the next one; Unauthenticated when it is not good.

        A token that was used before ends its session, since one of the two who hold it stole it. The exception is a race: see
        `StoredToken.outcome`.
        """
        async with self.database.write() as db:
            came_unused = await self.store.is_unused(db, fingerprint(token))
            stored = await self.store.find_token(db, fingerprint(token), self.clock())
            outcome: Outcome = stored.outcome(device, came_unused=came_unused) if stored else "unknown"
            if stored and outcome == "reused":
                await self._end(db, stored.user_id, [stored.session_id], "reuse")
            if stored and outcome in {"fresh", "raced"}:
                return await self._advance(db, stored, token, device)
        if stored and outcome == "reused":
            await self.forget([stored.session_id])
            raise Unauthenticated("This refresh token was used before, so its session was ended; sign in again.", code="token_reused")
        raise Unauthenticated("This refresh token is made up, or its session has ended; sign in again.", code="session_ended")

    async def holder(self, id: UUID) -> Holder:
        """Return whose session it is; Unauthenticated when it has ended."""

        async def load() -> Holder | None:
            async with self.database.read() as db:
                return await self.store.holder(db, id, self.clock())

        holder = await self.cache.get(id, load)
        if holder is None or holder.expires_at <= self.clock():
            raise Unauthenticated("This session has ended; sign in again.", code="session_ended")
        await self._seen(holder)
        return holder

    async def of(self, caller: Caller, query: PageQuery = _FIRST_PAGE) -> Page[Session]:
        """Return one page of the caller's open sessions, last seen first; there are never many."""
        async with self.database.read() as db:
            return await self.store.of(db, query, caller.user_id, caller.session_id, self.clock())

    async def end(self, id: UUID, caller: Caller, reason: str = "ended") -> None:
        """End one of the caller's sessions; NotFound when it is not theirs or not open."""
        async with self.database.write() as db:
            ended = await self._end(db, caller.user_id, [id], reason)
        await self.forget([id])
        if not ended:
            absent("session", id)

    async def end_others(self, caller: Caller) -> None:
        """End all of the caller's sessions but the one that asks."""
        async with self.database.write() as db:
            ended = await self.end_all(db, caller.user_id, "ended", caller.session_id)
        await self.forget(ended)

    async def end_all(self, db: Writing, user_id: UUID, reason: str, keep: UUID | None = None) -> Sequence[UUID]:
        """End all sessions of a person but the one to keep, with the caller's transaction. Returns what to `forget` after it."""
        await self.store.may_sign_in(db, user_id)
        ids = [id for id in await self.store.open_ids(db, user_id) if id != keep]
        return await self._end(db, user_id, ids, reason)

    async def outdate(self, db: Writing, user_id: UUID) -> Sequence[UUID]:
        """Make all nodes look again at who is behind a person's sessions, with the transaction. Returns what to `forget` after it."""
        ids = await self.store.open_ids(db, user_id)
        if ids:
            await db.invalidate(*map(session_tag, ids))
        return ids

    async def forget(self, ids: Sequence[UUID]) -> None:
        """Drop sessions from what this node holds, after the transaction that changed them; it told the other nodes itself."""
        if ids:
            await self.cache.drop(ids)

    async def purge(self) -> None:
        """Remove sessions and tokens that nobody can use any more."""
        async with self.database.write() as db:
            await self.store.purge(db, self.clock())

    async def _end(self, db: Writing, user_id: UUID, ids: Sequence[UUID], reason: str) -> Sequence[UUID]:
        if not ids:
            return []
        ended = await self.store.end(db, user_id, ids, reason, self.clock())
        await db.invalidate(*map(session_tag, ids))
        return ended

    async def _advance(self, db: Writing, stored: StoredToken, token: str, device: Device) -> Started:
        """Return the newest token of the chain: one step after a token nobody used, the end of the chain after a race."""
        if stored.salt is None:
            salt, now = token_bytes(32), self.clock()
            await self.store.use_token(db, fingerprint(token), salt, now)
            token = successor(token, salt, self._key)
            await self.store.insert_token(db, stored.session_id, fingerprint(token))
            await self.store.refreshed(db, stored.session_id, device, now)
        last: StoredToken | None = stored
        while last and last.salt is not None:
            token = successor(token, last.salt, self._key)
            last = await self.store.find_token(db, fingerprint(token), self.clock())
        if last is None:
            raise Unauthenticated("This refresh token was followed by one of another server key; sign in again.", code="session_ended")
        return Started(stored.session_id, stored.user_id, stored.expires_at, token)

    async def _seen(self, holder: Holder) -> None:
        """Write down now and then that the device is in use. The request goes on when that cannot be stored: the next one tells it again."""
        now, id = self.clock(), holder.session_id
        if now - self._told.get(id, holder.last_seen_at) < SEEN_EVERY:
            return
        if len(self._told) >= _MOST_REMEMBERED:
            self._told.clear()
        self._told[id] = now
        with suppress(Unavailable):
            async with self.database.write() as db:
                await self.store.seen(db, holder.user_id, id, now)
