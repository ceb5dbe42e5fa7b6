"""Viewings: begun with a decision, kept alive by their player, ended by it or when it is gone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.clock import Clock, now
from revenge.core.data import Transactions
from revenge.core.errors import Conflict, Invalid, Unavailable, absent
from revenge.core.events import PlaybackStarted, PlaybackStopped
from revenge.core.facts import SubtitleTrack
from revenge.core.tickets import Tickets
from revenge.media.keyframes import KeyframeIndex
from revenge.media.subtitles import sidecars
from revenge.services.library.entity import Shelf, StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.decide import Entry, decide, default_audio
from revenge.services.playback.entity import (
    AudioChoice,
    NowPlaying,
    Position,
    Report,
    Session,
    SessionRequest,
    Subtitle,
    Viewing,
    resume_at,
)
from revenge.services.playback.profiles import abilities
from revenge.services.playback.progress import Progresses
from revenge.services.playback.repository import PlaybackRepository

IDLE = timedelta(minutes=30)
"""Time without a sign of life after which a viewer is gone."""
WATCHING = timedelta(minutes=2)
"""Time since the last sign of life in which somebody counts as watching: a player reports every few seconds."""
LONGEST = timedelta(hours=24)
"""Life of a viewing and of its ticket."""
KEEP = timedelta(days=30)


class Indexes(Protocol):
    """Who knows where a file's picture can be cut."""

    async def of(self, file: StoredFile) -> KeyframeIndex | None:
        """Return the keyframe index; None where the picture has to be cut blindly."""


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
        """Begin a viewing: choose the file, decide how it reaches the client, and hand out the ticket."""
        file = await self._choose(request, caller)
        facts = file.facts
        if facts is None:
            raise Conflict("This file was not looked into yet, or cannot be read; scan its library first.", code="file_not_ready")
        if not file.available:
            raise Unavailable("The disk that holds this film cannot be seen at the moment.", code="file_unavailable", retry_after=30)
        index = await self.indexes.of(file)
        decision = decide(facts, abilities(request.client, agent), _entry(index))
        known = (await self.progress.progress_of(request.item.kind, [request.item.id], caller)).get(request.item.id)
        start = request.start_ms if request.start_ms is not None else resume_at(known)
        async with self.database.write() as db:
            viewing = await self.store.add(
                db,
                {
                    "user_id": caller.user_id, "login_id": caller.session_id, "item_kind": request.item.kind, "item_id": request.item.id,
                    "file_id": file.id, "decision": decision, "position_ms": min(start, facts.duration_ms), "duration_ms": facts.duration_ms,
                    "expires_at": self.clock() + LONGEST,
                },
            )  # fmt: skip
            db.after(PlaybackStarted(session_id=viewing.id, user_id=caller.user_id, item=request.item, method=decision.method))
        return self._session(viewing, file)

    async def get(self, id: UUID, caller: Caller) -> Session:
        """Return the caller's own viewing (an admin: anyone's), or NotFound."""
        viewing = await self._own(id, caller)
        return self._session(viewing, await self.files.get(viewing.file_id, caller))

    async def report(self, id: UUID, report: Report, caller: Caller) -> Position | None:
        """Take a position, as a sign of life; return the one that stands when it is newer."""
        viewing = await self._own(id, caller)
        async with self.database.write() as db:
            await self.store.see(db, id, report.position_ms, report.state)
            stands = await self.progress.report(
                db, viewing.user_id, viewing.item, report.position_ms, viewing.duration_ms, report.at, report.device_id
            )
        return None if stands is None else Position(stands)

    async def end(self, id: UUID, caller: Caller) -> None:
        """End a viewing."""
        await self._own(id, caller)
        async with self.database.write() as db:
            ended = await self.store.end(db, id)
            if ended is not None:
                db.after(_stopped(ended))

    async def now(self, caller: Caller) -> list[NowPlaying]:
        """Return what the caller watches now; an admin sees everybody's."""
        async with self.database.read() as db:
            found = await self.store.now(db, IDLE, None if caller.role == "admin" else caller.user_id)
        titles: dict[UUID, str] = {}
        for kind, shelf in self.shelves.items():
            ids = [viewing.item_id for _, viewing in found if viewing.item_kind == kind]
            titles |= {id: card.title for id, card in (await shelf.cards(ids, caller)).items()}
        return [_now(name, viewing, titles[viewing.item_id]) for name, viewing in found if viewing.item_id in titles]

    async def streams(self) -> float:
        """Return how many people watch now, on all nodes: for the metrics."""
        async with self.database.read() as db:
            return float(len(await self.store.now(db, WATCHING, None)))

    async def reap(self) -> None:
        """End the viewings whose viewer is gone, and forget those that ended long ago."""
        async with self.database.write() as db:
            db.after(*(_stopped(viewing) for viewing in await self.store.reap(db, IDLE)))
            await self.store.forget(db, KEEP)

    async def _choose(self, request: SessionRequest, caller: Caller) -> StoredFile:
        """Return the file that was asked for, or the item's largest one that can be seen."""
        if request.item.kind not in self.shelves:
            raise Invalid(
                f"Items of kind {request.item.kind!r} cannot be played; choose one of {', '.join(self.shelves)}.", code="kind_unknown"
            )
        files = await self.files.of_item(request.item, caller)
        if not files:
            absent(request.item.kind, request.item.id)
        if request.file_id is not None:
            return next((file for file in files if file.id == request.file_id), None) or absent("file", request.file_id)
        playable = [file for file in files if file.facts is not None]
        return next((file for file in playable if file.available), (playable or files)[0])

    async def _own(self, id: UUID, caller: Caller) -> Viewing:
        async with self.database.read() as db:
            viewing = await self.store.find(db, id)
        if viewing is None or viewing.expires_at <= self.clock() or (viewing.user_id != caller.user_id and caller.role != "admin"):
            absent("playback session", id)
        return viewing

    def _session(self, viewing: Viewing, file: StoredFile) -> Session:
        ticket = self.tickets.issue("playback", viewing.login_id, str(viewing.id), viewing.expires_at)
        base = f"/media/{ticket}"
        return Session(
            id=viewing.id,
            item=viewing.item,
            file_id=file.id,
            method=viewing.decision.method,
            reasons=viewing.decision.reasons,
            direct_url=f"{base}/direct" if viewing.decision.method == "direct" else None,
            hls_url=f"{base}/hls/master.m3u8",
            audio=_audio(file),
            subtitles=_subtitles(file, base),
            resume_ms=viewing.position_ms,
            duration_ms=viewing.duration_ms,
            alternates=list(self.alternates()),
            expires_at=viewing.expires_at,
        )


def _entry(index: KeyframeIndex | None) -> Entry:
    if index is None:
        return "unknown"
    return "open" if index.soft else "clean"


def _audio(file: StoredFile) -> list[AudioChoice]:
    """Return the audio tracks in the order of the HLS renditions."""
    if file.facts is None:
        return []
    default = default_audio(file.facts)
    return [
        AudioChoice(track.index, track.language, track.title, track.codec, track.channels, track is default) for track in file.facts.audio
    ]


def _subtitles(file: StoredFile, base: str) -> list[Subtitle]:
    """Return the subtitle tracks as the player loads them."""
    return [
        Subtitle(track.index, track.language, track.title, "webvtt", f"{base}/subtitles/{track.index}.vtt", track.default, track.forced)
        for track in subtitle_tracks(file)
    ]


def subtitle_tracks(file: StoredFile) -> list[SubtitleTrack]:
    """Return the text subtitles in the file and beside it."""
    inside = file.facts.subtitles if file.facts else ()
    beside = sidecars(file.path, [companion.name for companion in file.companions])
    return [track for track in (*inside, *beside) if track.is_text]


def _now(name: str, viewing: Viewing, title: str) -> NowPlaying:
    decision = viewing.decision
    return NowPlaying(
        viewing.id,
        name,
        viewing.item,
        title,
        decision.method,
        decision.reasons,
        viewing.state,
        viewing.position_ms,
        viewing.duration_ms,
        viewing.created_at,
    )


def _stopped(viewing: Viewing) -> PlaybackStopped:
    return PlaybackStopped(session_id=viewing.id, user_id=viewing.user_id, item=viewing.item, position_ms=viewing.position_ms)
