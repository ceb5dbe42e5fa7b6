"""Viewings: begun with a decision, kept alive by their player, ended by it, by an admin, or when nobody is there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.data import Reading, Transactions, Writing
from revenge.core.errors import NotFound, absent
from revenge.core.events import PlaybackStarted, PlaybackStopped
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.core.tickets import Tickets
from revenge.services.library.entity import StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.entity import (
    VIEWINGS,
    Ended,
    Handover,
    NowPlaying,
    Position,
    Report,
    Session,
    SessionRequest,
    Stop,
    Viewing,
    is_deed,
    viewing_tag,
)
from revenge.services.playback.following import Follower, following
from revenge.services.playback.limits import WATCHING, Allowances
from revenge.services.playback.opening import Opened, Opening
from revenge.services.playback.progress import Progresses
from revenge.services.playback.repository import Over, PlaybackRepository
from revenge.services.playback.shown import now_playing, session

IDLE = timedelta(minutes=30)
"""Time without a sign of life after which a viewer is gone."""
LEFT = timedelta(minutes=2)
"""Time in which a player that said it stopped may still think better of it: a page that is shown again, a next report."""
LONGEST = timedelta(hours=24)
"""Life of a viewing and of its ticket."""
KEEP = timedelta(days=30)
PURPOSE = "playback"
"""What a viewing's tickets are issued for."""


def unhurried(ticket: str, position_ms: int) -> None:
    """Make nothing before somebody asks for it."""


class Surroundings(Struct, frozen=True):
    """What a viewing tells its player of the house around it."""

    tickets: Tickets
    followers: Mapping[str, Follower] = {}
    alternates: Callable[[], Sequence[str]] = tuple
    """Returns the origins of the other nodes."""
    first: Callable[[str, int], None] = unhurried
    """Begins to make what is played at that moment of the viewing."""


class Playback:
    """Who watches what, and how it reaches them."""

    def __init__(
        self,
        database: Transactions,
        files: Files,
        opening: Opening,
        progress: Progresses,
        allowances: Allowances,
        around: Surroundings,
        clock: Clock = now,
    ) -> None:
        self.database = database
        self.files = files
        self.opening = opening
        self.progress = progress
        self.allowances = allowances
        self.around = around
        self.clock = clock
        self.store = PlaybackRepository()

    async def begin(self, request: SessionRequest, caller: Caller, agent: str) -> Session:
        """Begin a viewing: choose the file, decide how it reaches the client, and hand out the ticket.

        NotFound, Conflict, Unavailable or Invalid as `Opening.open` says; TooMany when the account watches enough already.
        """
        opened = await self.opening.open(request, caller, agent, await self.allowances.bounds(caller))
        async with self.database.write() as db:
            await self.allowances.admit(db, request.item, caller)
            viewing = await self._add(db, request.item, opened, caller)
        return await self._begun(viewing, opened.file, caller)

    async def take_over(self, id: UUID, handover: Handover, caller: Caller, agent: str) -> Session:
        """Go on with one's own viewing on the device that asks; where it ran it ends, and that player is told so. Raises as `begin` does."""
        async with self.database.read() as db:
            old = await self._own(db, id, caller)
        request = SessionRequest(old.item, old.file_id, old.position_ms, handover.client)
        opened = await self.opening.open(request, caller, agent, await self.allowances.bounds(caller))
        async with self.database.write() as db:
            await self._end(db, id, "moved")
            await self.allowances.admit(db, request.item, caller)
            viewing = await self._add(db, request.item, opened, caller)
        return await self._begun(viewing, opened.file, caller)

    async def get(self, id: UUID, caller: Caller) -> Session:
        """Return the caller's own viewing (an admin: anyone's), or NotFound, which says who ended it."""
        async with self.database.read() as db:
            viewing = await self._find(db, id, caller)
        file = await self.files.get(viewing.file_id, caller)
        return await self._session(viewing, file, caller, self._ticket(viewing, caller))

    async def report(self, id: UUID, report: Report, caller: Caller) -> Position | None:
        """Take a position from the viewing's own person, as a sign of life; return the one that stands when it is not taken."""
        moment = min(report.at or self.clock(), self.clock())  # a device's clock may run ahead; that wins nothing
        async with self.database.write() as db:
            viewing = await self._own(db, id, caller)
            told = self._told(viewing, report, moment)
            stands = await self.progress.report(db, told, replace(report, at=moment))
            if stands is not None and report.position_ms == 0:  # a player that begins or ends says so without knowing a position
                await self.store.see(db, replace(told, position_ms=viewing.position_ms))
            elif moment >= viewing.told_at:
                await self.store.see(db, told)
            else:
                await self.store.touch(db, id)
            if (report.state == "stopped") != (viewing.state == "stopped"):
                await db.invalidate(VIEWINGS)
        return None if stands is None else Position(stands.position_ms)

    async def end(self, id: UUID, caller: Caller) -> None:
        """End a viewing; its tickets end with it."""
        async with self.database.write() as db:
            viewing = await self._find(db, id, caller)
            await self._end(db, id, "viewer" if viewing.user_id == caller.user_id else "stopped")

    async def stop(self, id: UUID, stop: Stop, caller: Caller) -> None:
        """End anybody's viewing, as an admin, and tell its viewer why."""
        async with self.database.write() as db:
            await self._find(db, id, caller)
            await self._end(db, id, "stopped", stop.message.strip() or None)

    async def now(self, query: PageQuery, caller: Caller) -> Page[NowPlaying]:
        """Return what the caller watches now, the latest begun first; an admin sees everybody's."""
        async with self.database.read() as db:
            found = await self.store.playing(db, query, IDLE, None if caller.role == "admin" else caller.user_id)
        titles: dict[UUID, str] = {}
        for kind, shelf in self.opening.shelves.items():
            ids = [played.viewing.item_id for played in found.items if played.viewing.item_kind == kind]
            titles |= {id: card.title for id, card in (await shelf.cards(ids, caller)).items()} if ids else {}
        shown = [now_playing(played, titles[played.viewing.item_id], caller) for played in found.items if played.viewing.item_id in titles]
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
                await db.invalidate(VIEWINGS, *(viewing_tag(viewing.id) for viewing in gone))
            await self.store.forget(db, KEEP)

    async def _add(self, db: Writing, item: ItemRef, opened: Opened, caller: Caller) -> Viewing:
        moment = self.clock()
        viewing = await self.store.add(
            db,
            {
                "user_id": caller.user_id, "login_id": caller.session_id, "item_kind": item.kind, "item_id": item.id,
                "file_id": opened.file.id, "decision": opened.decision, "position_ms": opened.start_ms,
                "duration_ms": opened.facts.duration_ms, "expires_at": moment + LONGEST, "told_at": moment, "acted_at": moment,
            },
        )  # fmt: skip
        await db.invalidate(VIEWINGS)
        db.after(PlaybackStarted(session_id=viewing.id, user_id=caller.user_id, item=item, method=opened.decision.method))
        return viewing

    async def _end(self, db: Writing, id: UUID, by: Ended, message: str | None = None) -> None:
        ended = await self.store.end(db, id, by, message)
        if ended is not None:
            db.after(_stopped(ended))
            await db.invalidate(VIEWINGS, viewing_tag(id))

    def _told(self, viewing: Viewing, report: Report, moment: datetime) -> Viewing:
        """Return the viewing as this report leaves it."""
        acted = max(viewing.acted_at, moment) if is_deed(viewing, report, moment) else viewing.acted_at
        position = min(report.position_ms, viewing.duration_ms or report.position_ms)
        return replace(viewing, position_ms=position, state=report.state, told_at=moment, acted_at=acted)

    async def _find(self, db: Reading, id: UUID, caller: Caller) -> Viewing:
        viewing = await self.store.find(db, id, IDLE)
        if viewing is not None and (viewing.user_id == caller.user_id or caller.role == "admin"):
            return viewing
        over = await self.store.over(db, id) if viewing is None else None
        if over is not None and over.user_id == caller.user_id:
            raise _over(over)
        return absent("playback session", id)

    async def _own(self, db: Reading, id: UUID, caller: Caller) -> Viewing:
        viewing = await self._find(db, id, caller)
        return viewing if viewing.user_id == caller.user_id else absent("playback session", id)

    async def _begun(self, viewing: Viewing, file: StoredFile, caller: Caller) -> Session:
        ticket = self._ticket(viewing, caller)
        if viewing.decision.method != "direct":
            self.around.first(ticket, viewing.position_ms)
        return await self._session(viewing, file, caller, ticket)

    def _ticket(self, viewing: Viewing, caller: Caller) -> str:
        """Return a ticket of the sign-in that asks: it ends with that one."""
        return self.around.tickets.issue(PURPOSE, caller.session_id, str(viewing.id), viewing.expires_at)

    async def _session(self, viewing: Viewing, file: StoredFile, caller: Caller, ticket: str) -> Session:
        follows = await following(self.around.followers, viewing.item, caller)
        return session(viewing, file, ticket, self.around.alternates(), follows)


def _stopped(viewing: Viewing) -> PlaybackStopped:
    return PlaybackStopped(session_id=viewing.id, user_id=viewing.user_id, item=viewing.item, position_ms=viewing.position_ms)


def _over(over: Over) -> NotFound:
    """Return what a player hears whose viewing somebody else ended."""
    if over.ended_by == "moved":
        return NotFound("This playback goes on on another device.", code="viewing_moved")
    if over.ended_by == "stopped" and over.message:
        return NotFound(over.message, code="viewing_stopped_because")
    if over.ended_by == "stopped":
        return NotFound("An admin has stopped this playback.", code="viewing_stopped")
    return NotFound("This playback has ended; begin it anew.", code="viewing_ended")
