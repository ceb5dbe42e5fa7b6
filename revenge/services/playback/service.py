"""Viewings: begun with a decision, kept alive by their player, ended by it or when it is gone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.data import Reading, Transactions
from revenge.core.errors import Invalid, absent
from revenge.core.events import PlaybackStarted, PlaybackStopped
from revenge.core.facts import MediaFacts
from revenge.core.page import Page, PageQuery
from revenge.core.tickets import Tickets
from revenge.media.rendition import COPIED_VIDEO
from revenge.services.library.entity import Shelf, StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.abilities import Abilities
from revenge.services.playback.choice import choose
from revenge.services.playback.decide import decide
from revenge.services.playback.entity import (
    Decision,
    NowPlaying,
    Position,
    Report,
    Session,
    SessionRequest,
    Viewing,
    resume_at,
    viewing_tag,
)
from revenge.services.playback.indexes import Indexes, entry_of
from revenge.services.playback.profiles import abilities
from revenge.services.playback.progress import Progresses
from revenge.services.playback.repository import PlaybackRepository
from revenge.services.playback.shown import now_playing, session

IDLE = timedelta(minutes=30)
"""Time without a sign of life after which a viewer is gone."""
WATCHING = timedelta(minutes=2)
"""Time since the last sign of life in which somebody counts as watching: a player reports every few seconds."""
LEFT = timedelta(minutes=2)
"""Time in which a player that said it stopped may still think better of it: a page that is shown again, a next report."""
LONGEST = timedelta(hours=24)
"""Life of a viewing and of its ticket."""
KEEP = timedelta(days=30)
PURPOSE = "playback"
"""What a viewing's tickets are issued for."""


class Playback:
    """Who watches what, and how it reaches them."""

    def __init__(
        self,
        database: Transactions,
        files: Files,
        shelves: Mapping[str, Shelf],
        progress: Progresses,
        indexes: Indexes,
        tickets: Tickets,
        alternates: Callable[[], Sequence[str]] = tuple,
        clock: Clock = now,
    ) -> None:
        self.database = database
        self.files = files
        self.shelves = shelves
        self.progress = progress
        self.indexes = indexes
        self.tickets = tickets
        self.alternates = alternates
        self.clock = clock
        self.store = PlaybackRepository()

    async def begin(self, request: SessionRequest, caller: Caller, agent: str) -> Session:
        """Begin a viewing: choose the file, decide how it reaches the client, and hand out the ticket.

        NotFound, Conflict or Unavailable as `choice.choose` says; Invalid for a kind of item or a profile that is not known.
        """
        client = abilities(request.client, agent)
        file = await self._choose(request, caller)
        assert file.facts is not None  # `choose` takes no other
        decision = await self._decide(file, file.facts, client)
        start = request.start_ms if request.start_ms is not None else await self._resume(request, caller)
        async with self.database.write() as db:
            viewing = await self.store.add(
                db,
                {
                    "user_id": caller.user_id, "login_id": caller.session_id, "item_kind": request.item.kind, "item_id": request.item.id,
                    "file_id": file.id, "decision": decision, "position_ms": min(start, file.facts.duration_ms),
                    "duration_ms": file.facts.duration_ms, "expires_at": self.clock() + LONGEST,
                },
            )  # fmt: skip
            db.after(PlaybackStarted(session_id=viewing.id, user_id=caller.user_id, item=request.item, method=decision.method))
        return self._session(viewing, file, caller)

    async def get(self, id: UUID, caller: Caller) -> Session:
        """Return the caller's own viewing (an admin: anyone's), or NotFound."""
        async with self.database.read() as db:
            viewing = await self._find(db, id, caller)
        return self._session(viewing, await self.files.get(viewing.file_id, caller), caller)

    async def report(self, id: UUID, report: Report, caller: Caller) -> Position | None:
        """Take a position from the viewing's own person, as a sign of life; return the one that stands when it is not taken."""
        async with self.database.write() as db:
            viewing = await self._find(db, id, caller)
            if viewing.user_id != caller.user_id:
                absent("playback session", id)
            stands = await self.progress.report(db, viewing.user_id, viewing.item, viewing.duration_ms, report)
            if stands is None:
                await self.store.see(db, id, min(report.position_ms, viewing.duration_ms or report.position_ms), report.state)
            elif report.position_ms == 0:  # a player that begins or ends says so without knowing a position
                await self.store.see(db, id, viewing.position_ms, report.state)
            else:
                await self.store.touch(db, id)
        return None if stands is None else Position(stands.position_ms)

    async def end(self, id: UUID, caller: Caller) -> None:
        """End a viewing; its tickets end with it."""
        async with self.database.write() as db:
            await self._find(db, id, caller)
            ended = await self.store.end(db, id)
            if ended is not None:
                db.after(_stopped(ended))
                await db.invalidate(viewing_tag(id))

    async def now(self, query: PageQuery, caller: Caller) -> Page[NowPlaying]:
        """Return what the caller watches now, the latest begun first; an admin sees everybody's."""
        async with self.database.read() as db:
            found = await self.store.playing(db, query, IDLE, None if caller.role == "admin" else caller.user_id)
        titles: dict[UUID, str] = {}
        for kind, shelf in self.shelves.items():
            ids = [played.viewing.item_id for played in found.items if played.viewing.item_kind == kind]
            titles |= {id: card.title for id, card in (await shelf.cards(ids, caller)).items()} if ids else {}
        shown = [
            now_playing(played.username, played.viewing, titles[played.viewing.item_id])
            for played in found.items
            if played.viewing.item_id in titles
        ]
        return Page(shown, found.next)

    async def streams(self) -> float:
        """Return how many people watch now, on all nodes: for the metrics."""
        async with self.database.read() as db:
            return float(await self.store.count(db, WATCHING))

    async def reap(self) -> None:
        """End the viewings whose viewer is gone, and forget those that ended long ago."""
        async with self.database.write() as db:
            gone = await self.store.reap(db, IDLE, LEFT)
            db.after(*(_stopped(viewing) for viewing in gone))
            if gone:
                await db.invalidate(*(viewing_tag(viewing.id) for viewing in gone))
            await self.store.forget(db, KEEP)

    async def _choose(self, request: SessionRequest, caller: Caller) -> StoredFile:
        item = request.item
        if item.kind not in self.shelves:
            kinds = ", ".join(self.shelves)
            raise Invalid(f"Items of kind {item.kind!r} cannot be played; choose one of {kinds}.", code="kind_unknown", field="item.kind")
        files = await self.files.of_item(item, caller)
        return await choose(files or absent(item.kind, item.id), request.file_id)

    async def _decide(self, file: StoredFile, facts: MediaFacts, client: Abilities) -> Decision:
        """Decide; read the file for its keyframes when nothing but they are missing to send the picture as it is."""
        index = await self.indexes.known(file)
        decision = decide(facts, client, entry_of(index))
        if index is not None or decision.method == "direct" or facts.video is None or facts.video.codec not in COPIED_VIDEO:
            return decision
        if not decide(facts, client, "clean").copy_video:
            return decision
        return decide(facts, client, entry_of(await self.indexes.found(file, facts)))

    async def _resume(self, request: SessionRequest, caller: Caller) -> int:
        known = await self.progress.progress_of(request.item.kind, [request.item.id], caller)
        return resume_at(known.get(request.item.id))

    async def _find(self, db: Reading, id: UUID, caller: Caller) -> Viewing:
        viewing = await self.store.find(db, id, IDLE)
        if viewing is None or (viewing.user_id != caller.user_id and caller.role != "admin"):
            absent("playback session", id)
        return viewing

    def _session(self, viewing: Viewing, file: StoredFile, caller: Caller) -> Session:
        """Return it with a ticket of the sign-in that asks: it ends with that one."""
        ticket = self.tickets.issue(PURPOSE, caller.session_id, str(viewing.id), viewing.expires_at)
        return session(viewing, file, ticket, self.alternates())


def _stopped(viewing: Viewing) -> PlaybackStopped:
    return PlaybackStopped(session_id=viewing.id, user_id=viewing.user_id, item=viewing.item, position_ms=viewing.position_ms)
