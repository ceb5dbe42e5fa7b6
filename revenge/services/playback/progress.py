"""How far people have come: positions that never jump back silently."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.data import Transactions, Writing
from revenge.core.errors import Invalid, absent
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.services.library.entity import ItemCard, Shelf
from revenge.services.library.service import Files
from revenge.services.playback.entity import Continued, Progress, ProgressEdit, Report, Viewing, has_seen, progress_tag
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

    async def report(self, db: Writing, viewing: Viewing, report: Report) -> Progress | None:
        """Store where a viewing is; None when it stands, else what stands: a newer position, that of a newer deed, or this was a bare zero."""
        reached = _reached(report.position_ms, viewing.duration_ms)
        moment = report.at or self.clock()
        return await self._keep(db, viewing.user_id, viewing.item, reached, moment, viewing.acted_at, report.device_id)

    async def set(self, item: ItemRef, edit: ProgressEdit, caller: Caller) -> Progress:
        """Store what the caller says and return what stands then; a bare position counts like a player's report."""
        if edit.position_ms is None and edit.watched is None:
            raise Invalid("Say a position_ms, or watched, or both.", code="progress_empty")
        await self._see(item, caller)
        duration = edit.duration_ms or await self._duration(item, caller)
        async with self.database.write() as db:
            if edit.watched is None:
                moment = min(edit.at or self.clock(), self.clock())  # a device's clock may run ahead; that wins nothing
                reached = _reached(edit.position_ms or 0, duration)
                stands = await self._keep(db, caller.user_id, item, reached, moment, moment, edit.device_id)
                return stands or await self.store.stands(db, caller.user_id, item)
            position = edit.position_ms if edit.position_ms is not None else (duration if edit.watched else 0)
            await self.store.set(
                db,
                {
                    "user_id": caller.user_id, "item_kind": item.kind, "item_id": item.id, "position_ms": position, "duration_ms": duration,
                    "watched": edit.watched, "play_count": int(edit.watched), "at": self.clock(), "acted_at": self.clock(), "device_id": edit.device_id,
                },
            )  # fmt: skip
            await db.invalidate(progress_tag(caller.user_id))
        return Progress(position, duration, edit.watched)

    async def start_over(self, item: ItemRef, caller: Caller) -> None:
        """Forget how far the caller has come."""
        await self._see(item, caller)
        async with self.database.write() as db:
            await self.store.start_over(db, caller.user_id, item.kind, item.id, self.clock())
            await db.invalidate(progress_tag(caller.user_id))

    async def hide(self, item: ItemRef, caller: Caller) -> None:
        """Offer an item no more among what was begun, until the caller goes on with it; the position stays."""
        await self._see(item, caller)
        async with self.database.write() as db:
            await self.store.hide(db, caller.user_id, item, self.clock())

    async def continued(self, limit: int, caller: Caller) -> list[Continued]:
        """Return what the caller has begun and not ended, newest first."""
        return (await self.page(PageQuery(limit=limit), caller)).items

    async def page(self, query: PageQuery, caller: Caller) -> Page[Continued]:
        """Return one page of what the caller has begun and not ended, newest first; what they may not see any more is left out."""
        async with self.database.read() as db:
            begun = await self.store.begun(db, query, caller.user_id, self.clock() - CONTINUE_FOR)
        cards: dict[UUID, ItemCard] = {}
        for kind in {one.item_kind for one in begun.items} & set(self.shelves):
            cards |= await self.shelves[kind].cards([one.item_id for one in begun.items if one.item_kind == kind], caller)
        return Page([_continued(one, cards[one.item_id]) for one in begun.items if one.item_id in cards], begun.next)

    async def _keep(
        self, db: Writing, user: UUID, item: ItemRef, reached: Progress, moment: datetime, deed: datetime, device_id: str | None
    ) -> Progress | None:
        stands = await self.store.report(
            db,
            {
                "user_id": user, "item_kind": item.kind, "item_id": item.id, "position_ms": reached.position_ms,
                "duration_ms": reached.duration_ms, "watched": reached.watched, "play_count": int(reached.watched), "at": moment,
                "acted_at": deed, "device_id": device_id,
            },
        )  # fmt: skip
        if stands is None:
            await db.invalidate(progress_tag(user))
        return stands

    async def _duration(self, item: ItemRef, caller: Caller) -> int:
        files = await self.files.of_item(item, caller)
        return next((file.facts.duration_ms for file in files if file.facts is not None), 0)

    async def _see(self, item: ItemRef, caller: Caller) -> None:
        if item.kind not in self.shelves or not await self.shelves[item.kind].cards([item.id], caller):
            absent(item.kind, item.id)


def _reached(position_ms: int, duration_ms: int) -> Progress:
    position = min(position_ms, duration_ms) if duration_ms else position_ms
    return Progress(position, duration_ms, has_seen(position, duration_ms))


def _continued(begun: Begun, card: ItemCard) -> Continued:
    item = ItemRef(begun.item_kind, begun.item_id)
    return Continued(item, card.title, card.year, card.poster, begun.position_ms, begun.duration_ms, begun.at)
