"""What a playback ticket opens: the viewing, its file, and the forms in which its streams go out."""

import time
from collections import OrderedDict
from typing import Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from revenge.core.caller import Caller
from revenge.core.data import Transactions
from revenge.core.errors import Unauthenticated, absent
from revenge.core.facts import MediaFacts, SubtitleTrack
from revenge.core.tickets import Tickets
from revenge.media.rendition import HEIGHTS, Rendition, Source
from revenge.services.library.entity import StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.entity import Decision
from revenge.services.playback.repository import PlaybackRepository
from revenge.services.playback.service import Indexes, subtitle_tracks

_FRESH = 5.0
"""Seconds for which a viewing is believed to go on: what ends elsewhere ends here that much later."""
_TOUCH = 60.0
"""Seconds between two written signs of life of one viewing."""
_MOST = 512

T = TypeVar("T")


class Holders(Protocol):
    """Who knows the people behind login sessions."""

    async def of_session(self, session_id: UUID) -> Caller:
        """Return the caller of an open session; Unauthenticated when it has ended."""


class Watching(Struct, frozen=True):
    """A viewing that goes on, ready to be sent."""

    id: UUID
    file: StoredFile
    source: Source
    videos: tuple[Rendition, ...]
    audios: tuple[Rendition, ...]
    subtitles: tuple[SubtitleTrack, ...]

    def allows(self, rendition: Rendition) -> Rendition:
        """Return the rendition when the decision offers it; NotFound otherwise: a ticket is no order for any encoding one likes."""
        return rendition if rendition in self.videos or rendition in self.audios else absent("rendition", rendition.name)

    def subtitle(self, index: int) -> SubtitleTrack:
        """Return the subtitle track, or NotFound."""
        return next((track for track in self.subtitles if track.index == index), None) or absent("subtitle", index)


class Streams:
    """Opens playback tickets."""

    def __init__(self, database: Transactions, files: Files, indexes: Indexes, tickets: Tickets, holders: Holders) -> None:
        self.database = database
        self.files = files
        self.indexes = indexes
        self.tickets = tickets
        self.holders = holders
        self.store = PlaybackRepository()
        self._open: OrderedDict[UUID, tuple[float, Watching]] = OrderedDict()
        self._touched: OrderedDict[UUID, float] = OrderedDict()

    async def open(self, text: str) -> Watching:
        """Return what the ticket opens; Unauthenticated when it is made up or expired, or the viewing or its login has ended."""
        ticket = self.tickets.open("playback", text)
        caller = await self.holders.of_session(ticket.session)
        id = UUID(ticket.subject)
        at, watching = self._open.get(id, (0.0, None))
        if watching is None or time.monotonic() - at > _FRESH:
            watching = await self._load(id, caller)
            _remember(self._open, id, (time.monotonic(), watching))
        await self._touch(id)
        return watching

    async def _load(self, id: UUID, caller: Caller) -> Watching:
        async with self.database.read() as db:
            viewing = await self.store.find(db, id)
        if viewing is None:
            raise Unauthenticated("This viewing has ended; begin it anew.", code="viewing_ended")
        file = await self.files.get(viewing.file_id, caller)
        assert file.facts is not None  # a viewing is only begun with a file that was looked into
        source = Source(file.path, f"{file.id.hex}-{file.size:x}-{file.mtime_ns:x}", file.facts, await self.indexes.of(file))
        videos, audios = _renditions(file.facts, viewing.decision)
        return Watching(id, file, source, videos, audios, tuple(subtitle_tracks(file)))

    async def _touch(self, id: UUID) -> None:
        """Write down a sign of life, now and then."""
        now = time.monotonic()
        if now - self._touched.get(id, -_TOUCH) < _TOUCH:
            return
        _remember(self._touched, id, now)
        async with self.database.write() as db:
            await self.store.touch(db, id)


def _renditions(facts: MediaFacts, decision: Decision) -> tuple[tuple[Rendition, ...], tuple[Rendition, ...]]:
    """Return the forms of picture and sound that the decision asks for."""
    videos: tuple[Rendition, ...] = ()
    if facts.video is not None:
        height = None if decision.copy_video else _step(min(facts.video.height, decision.max_height or facts.video.height))
        kbps = None if decision.copy_video or decision.video_bitrate is None else decision.video_bitrate // 1000
        videos = (Rendition("video", facts.video.index, height=height, kbps=kbps),)
    audios = tuple(
        Rendition(
            "audio",
            track.index,
            channels=None if track.index in decision.copy_audio else min(decision.channels, 6 if track.channels >= 6 else 2),
        )
        for track in facts.audio
    )
    return videos, audios


def _step(height: int) -> int:
    """Return the lowest step of the ladder that is not below the height; the encoder never makes a picture larger."""
    return next((step for step in HEIGHTS if step >= height), HEIGHTS[-1])


def _remember(store: OrderedDict[UUID, T], id: UUID, value: T) -> None:
    store[id] = value
    store.move_to_end(id)
    if len(store) > _MOST:
        store.popitem(last=False)
