"""What happened, told to whoever listens, on every node: a stream in the store, read once per node while anybody does."""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from loguru import logger
from msgspec import Struct

from revenge.core.caller import Caller
from revenge.core.events import Event
from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

_STREAM = "revenge:events"
_KEPT = 2000
_BLOCK_MS = 2000
_PAUSE_SECONDS = 2.0
_MOST_WAITING = 256
_BREATH = 100
"""Listeners served before other work gets its turn."""

_ID = re.compile(r"\d{1,19}-\d{1,19}")
_NOTHING_YET = "0-0"


class FeedEvent(Struct, frozen=True):
    """One event as a listener gets it.

    Two topics are the feed's own: `ready` comes first of all, `reload` when events were lost to this listener and it should look anew.
    """

    id: str
    """Where to resume after it."""
    topic: str
    data: bytes
    """JSON, without line breaks."""
    frame: bytes
    """The same as server-sent events write it, made once for all listeners."""


class _Entry(Struct, frozen=True):
    """An event and who may hear it."""

    event: FeedEvent
    permission: str
    library: UUID | None
    user: UUID | None

    def is_for(self, caller: Caller) -> bool:
        """Whether this caller may hear it: by permission, and by library or person where it has one. Admins hear all."""
        if caller.role == "admin":
            return True
        if not caller.may(self.permission) or (self.library is not None and self.library not in caller.libraries):
            return False
        return self.user is None or self.user == caller.user_id


class _Ear:
    """One listener's queue. When it is full all in it is lost, and that is said instead."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self._waiting: deque[FeedEvent] = deque()
        self._some = asyncio.Event()

    def put(self, event: FeedEvent) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.clear()
            event = _own(event.id, "reload")
        self._waiting.append(event)
        self._some.set()

    async def take(self) -> FeedEvent:
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting.popleft()


class Feed:
    """Publishes events and lets callers listen. When the store is away, events reach this node's listeners only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ears: dict[_Ear, None] = {}
        self._reader: asyncio.Task[None] | None = None
        self._last: str | None = None
        self._unshared = 0
        self._away_until = 0.0

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Feed"]:
        """The reading ends with the block."""
        try:
            yield self
        finally:
            if self._reader:
                await end([self._reader])

    async def publish(self, events: Sequence[Event]) -> None:
        """Tell events to all nodes. Never raises for a store that is away."""
        told = [_fields(event) for event in events]
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(1), self._store.redis.pipeline(transaction=False) as pipe:
                    for fields in told:
                        pipe.xadd(_STREAM, fields, maxlen=_KEPT, approximate=True)
                    await pipe.execute()
            except GONE as error:
                logger.debug("Events stay on this node: {}", error)
                self._away_until = time.monotonic() + _PAUSE_SECONDS
            else:
                return
        await self._deliver([_entry(self._unshared_id(), fields) for fields in told])

    async def subscribe(self, caller: Caller, last_id: str | None = None) -> AsyncGenerator[FeedEvent]:
        """Yield what this caller may hear from now on, or from after `last_id`. Close it with `contextlib.aclosing`.

        First comes `ready`. Where the events since `last_id` are not known any more, `reload` comes before the new ones.
        """
        ear = _Ear(caller)
        self._ears[ear] = None
        try:
            now = await self._begin()
            past = [] if last_id is None else await self._since(last_id)
            yield _own(last_id if past and last_id else now, "ready")
            if past is None:
                yield _own(now, "reload")
            for entry in past or ():
                if entry.is_for(caller):
                    yield entry.event
            heard = _order(past[-1].event.id) if past else (0, 0)
            while True:
                event = await ear.take()
                if _order(event.id) > heard:
                    yield event
        finally:
            del self._ears[ear]

    async def _begin(self) -> str:
        """Read the stream from now on, if nobody does yet; returns the id of the newest event."""
        if self._reader is None or self._reader.done():
            self._last = None
            self._reader = asyncio.create_task(keep("the event feed", self._read), name="event feed")
        try:
            newest = await self._newest()
        except GONE:
            return self._last or _NOTHING_YET
        self._last = self._last or newest
        return newest

    async def _newest(self) -> str:
        async with asyncio.timeout(1):
            found = await self._store.redis.xrevrange(_STREAM, count=1)
        return found[0][0].decode() if found else _NOTHING_YET

    async def _since(self, last_id: str) -> list[_Entry] | None:
        """Return what came after an id, or None when that cannot be known: it was trimmed, or lost with the store."""
        if not _ID.fullmatch(last_id):
            return None
        try:
            async with asyncio.timeout(1):
                found = await self._store.redis.xrange(_STREAM, min=last_id)
        except GONE:
            return None
        if last_id == _NOTHING_YET:
            return [_entry(id.decode(), fields) for id, fields in found]
        if not found or found[0][0].decode() != last_id:
            return None
        return [_entry(id.decode(), fields) for id, fields in found[1:]]

    async def _read(self) -> None:
        """Read as long as somebody listens."""
        while self._ears:
            try:
                newest = self._last or await self._newest()
                self._last = self._last or newest  # whoever subscribed meanwhile may have set an older one, and must miss nothing
                answer = await self._store.redis.xread({_STREAM: self._last}, count=200, block=_BLOCK_MS)
            except GONE as error:
                logger.debug("Events of other nodes are not heard now: {}", error)
                await asyncio.sleep(_PAUSE_SECONDS / 4)
                continue
            for _, found in answer:
                self._last = found[-1][0].decode()
                await self._deliver([_entry(id.decode(), fields) for id, fields in found])

    async def _deliver(self, entries: Sequence[_Entry]) -> None:
        for entry in entries:
            for count, ear in enumerate(list(self._ears), 1):
                if entry.is_for(ear.caller):
                    ear.put(entry.event)
                if count % _BREATH == 0:
                    await asyncio.sleep(0)

    def _unshared_id(self) -> str:
        """An id just after the newest known one. It is in no stream: who resumes from it is told to reload."""
        self._unshared += 1
        time_part, _, number = (self._last or _NOTHING_YET).partition("-")
        return f"{time_part}-{int(number) + self._unshared}"


def _fields(event: Event) -> dict[Any, Any]:
    library, user = getattr(event, "library_id", None), getattr(event, "user_id", None)
    return {
        b"topic": event.topic.encode(),
        b"permission": event.permission.encode(),
        b"library": str(library or "").encode(),
        b"user": str(user or "").encode(),
        b"data": msgspec.json.encode(event),
    }


def _entry(id: str, fields: dict[bytes, Any]) -> _Entry:
    library, user = fields[b"library"].decode(), fields[b"user"].decode()
    event = _framed(id, fields[b"topic"].decode(), fields[b"data"])
    return _Entry(event, fields[b"permission"].decode(), UUID(library) if library else None, UUID(user) if user else None)


def _framed(id: str, topic: str, data: bytes) -> FeedEvent:
    return FeedEvent(id, topic, data, b"id: %b\nevent: %b\ndata: %b\n\n" % (id.encode(), topic.encode(), data))


def _own(id: str, topic: str) -> FeedEvent:
    return _framed(id, topic, b"{}")


def _order(id: str) -> tuple[int, int]:
    time_part, _, number = id.partition("-")
    return int(time_part), int(number)
