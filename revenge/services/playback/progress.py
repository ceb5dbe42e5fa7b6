"""How far people have come: positions that never jump back silently."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.data import Transactions, Writing
from revenge.core.errors import Invalid, absent
from revenge.core.ids import ItemRef
from revenge.services.library.entity import ItemCard, Shelf
from revenge.services.library.service import Files
from revenge.services.playback.entity import WATCHED, Continued, Progress, ProgressEdit
from revenge.services.playback.repository import Begun, ProgressRepository

CONTINUE_FOR = timedelta(days=30)
"""Time after which something begun is no longer offered (domain facts, section 4.10)."""


class Progresses:
    """Progress of people with items of every kind."""

    def __init__(self, database: Transactions, files: Files, shelves: Mapping[str, Shelf], clock: Clock = now) -> None:
        self.database = database
        self.files = files
        self.shelves = shelves
        self.clock = clock
        self.store = ProgressRepository()

    async def progress_of(self, kind: str, ids: Sequence[UUID], caller: Caller) -> dict[UUID, Progress]:
        """Return the caller's progress with those items they have begun."""
        if not ids:
            return {}
        async with self.database.read() as db:
            return await self.store.of(db, caller.user_id, kind, ids)

    async def report(
        self, db: Writing, user_id: UUID, item: ItemRef, position_ms: int, duration_ms: int, at: datetime | None, device_id: str | None
    ) -> int | None:
        """Store a position; return the one that stands when it is newer, or when this one is a bare zero."""
        moment = min(at, self.clock()) if at is not None else self.clock()  # a device's clock may run ahead; the future wins nothing
        return await self.store.report(
            db,
            {
                "user_id": user_id, "item_kind": item.kind, "item_id": item.id, "position_ms": min(position_ms, duration_ms or position_ms),
                "duration_ms": duration_ms, "at": moment, "device_id": device_id, **_watched(position_ms, duration_ms),
            },
        )  # fmt: skip

    async def set(self, item: ItemRef, edit: ProgressEdit, caller: Caller) -> Progress:
        """Store what the caller says: a position, or that they have watched it."""
        await self._see(item, caller)
        if edit.position_ms is None and edit.watched is None:
            raise Invalid("Say a position_ms, or watched, or both.", code="progress_empty")
        duration = edit.duration_ms or await self._duration(item, caller)
        position = edit.position_ms if edit.position_ms is not None else (duration if edit.watched else 0)
        watched = edit.watched if edit.watched is not None else position >= WATCHED * duration > 0
        values = {"user_id": caller.user_id, "item_kind": item.kind, "item_id": item.id, "position_ms": position, "duration_ms": duration}
        async with self.database.write() as db:
            await self.store.set(db, {**values, "watched": watched, "play_count": int(watched), "at": self.clock(), "device_id": None})
        return Progress(position, duration, watched)

    async def clear(self, item: ItemRef, caller: Caller) -> None:
        """Start over: forget how far the caller has come."""
        await self._see(item, caller)
        async with self.database.write() as db:
            await self.store.clear(db, caller.user_id, item.kind, item.id)

    async def continued(self, limit: int, caller: Caller) -> list[Continued]:
        """Return what the caller has begun and not ended, newest first."""
        async with self.database.read() as db:
            begun = await self.store.begun(db, caller.user_id, CONTINUE_FOR, limit)
        cards: dict[UUID, ItemCard] = {}
        for kind in {one.item_kind for one in begun} & set(self.shelves):
            cards |= await self.shelves[kind].cards([one.item_id for one in begun if one.item_kind == kind], caller)
        return [_continued(one, cards[one.item_id]) for one in begun if one.item_id in cards]

    async def _duration(self, item: ItemRef, caller: Caller) -> int:
        files = await self.files.of_item(item, caller)
        return next((file.facts.duration_ms for file in files if file.facts is not None), 0)

    async def _see(self, item: ItemRef, caller: Caller) -> None:
        if not await self.shelves[item.kind].cards([item.id], caller):
            absent(item.kind, item.id)


def _watched(position_ms: int, duration_ms: int) -> dict[str, bool | int]:
    watched = position_ms >= WATCHED * duration_ms > 0
    return {"watched": watched, "play_count": int(watched)}


def _continued(begun: Begun, card: ItemCard) -> Continued:
    item = ItemRef(begun.item_kind, begun.item_id)
    return Continued(item, card.title, card.year, card.poster, begun.position_ms, begun.duration_ms, begun.at)
