"""What a playback ticket opens: the viewing, its file, and the forms in which its streams go out."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from revenge.core.caller import Caller
from revenge.core.data import Transactions
from revenge.core.errors import Conflict, NotFound, Unauthenticated, Unavailable, absent
from revenge.core.facts import SubtitleTrack
from revenge.core.tickets import Tickets
from revenge.media.ladder import ladder
from revenge.media.muxed import Muxed
from revenge.media.rendition import Rendition, Source, still
from revenge.services.library.entity import StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.choice import changed, stamp_of
from revenge.services.playback.decide import default_audio
from revenge.services.playback.entity import Method
from revenge.services.playback.forms import picture_form, sound_forms
from revenge.services.playback.indexes import Indexes
from revenge.services.playback.repository import PlaybackRepository
from revenge.services.playback.service import IDLE, PURPOSE
from revenge.services.playback.shown import drawn_tracks, subtitle_tracks

_TOUCH_S = 60.0
"""Seconds between two written signs of life of one viewing."""
_MOST = 4096
_LOOK_S = 20.0
"""Seconds between two looks whether a long answer may still go on."""


class Holders(Protocol):
    """Who knows the people behind login sessions."""

    async def of_session(self, session_id: UUID) -> Caller:
        """Return the caller of an open session; Unauthenticated when it has ended."""


class Watching(Struct, frozen=True):
    """A viewing that goes on, ready to be sent."""

    id: UUID
    method: Method
    file: StoredFile
    source: Source
    videos: tuple[Rendition, ...]
    audios: tuple[Rendition, ...]
    subtitles: tuple[SubtitleTrack, ...]
    drawings: tuple[SubtitleTrack, ...]

    def allows(self, rendition: Rendition) -> Rendition:
        """Return the rendition when the decision offers it; NotFound otherwise: a ticket is no order for any encoding one likes."""
        picture = self.source.facts.video if self.videos else None
        offered = (*self.videos, *self.audios, *([still(picture)] if picture else []))
        return rendition if rendition in offered else absent("rendition", rendition.name)

    @property
    def muxed(self) -> tuple[Muxed, ...]:
        """The same as transport streams: every picture, each with the sound a plain player begins with."""
        played = default_audio(self.source.facts)
        sound = next((audio for audio in self.audios if played is not None and audio.track == played.index), None)
        return tuple(Muxed(video, sound) for video in self.videos)

    def allows_muxed(self, muxed: Muxed) -> Muxed:
        """Return the transport stream when the decision offers it, or NotFound."""
        return muxed if muxed in self.muxed else absent("rendition", muxed.name)

    def subtitle(self, index: int) -> SubtitleTrack:
        """Return the subtitle track, or NotFound."""
        return next((track for track in self.subtitles if track.index == index), None) or absent("subtitle", index)

    def drawing(self, index: int) -> SubtitleTrack:
        """Return the subtitle track that is pictures, or NotFound."""
        return next((track for track in self.drawings if track.index == index), None) or absent("subtitle", index)


class Held(Protocol):
    """Who holds viewings near the requests. One that ends is dropped at once."""

    async def get(self, id: UUID, load: Callable[[], Awaitable[Watching]]) -> Watching:
        """Return what is held, or what `load` finds."""


class Streams:
    """Opens playback tickets."""

    def __init__(
        self,
        database: Transactions,
        files: Files,
        indexes: Indexes,
        tickets: Tickets,
        holders: Holders,
        held: Held,
        look_s: float = _LOOK_S,
    ) -> None:
        self.database = database
        self.files = files
        self.indexes = indexes
        self.tickets = tickets
        self.holders = holders
        self.held = held
        self.look_s = look_s
        self.store = PlaybackRepository()
        self._touched: OrderedDict[UUID, float] = OrderedDict()

    async def open(self, text: str) -> Watching:
        """Return what the ticket opens, without the database as long as it is held.

        Unauthenticated: the ticket is made up or expired, or the viewing or its login has ended. NotFound: the film is not theirs to see.
        """
        ticket = self.tickets.open(PURPOSE, text)
        caller = await self.holders.of_session(ticket.session)
        id = UUID(ticket.subject)
        watching = await self.held.get(id, lambda: self._load(id, caller))
        if watching.file.library_id not in caller.libraries:
            absent("film", id)
        await self._touch(id)
        return watching

    @contextmanager
    def attended(self, text: str, stop: Callable[[], None]) -> Iterator[None]:
        """For an answer that takes long: keep the viewing alive meanwhile, and call `stop` when it or its login has ended."""
        attention = _Attention(self, text, stop)
        try:
            yield
        finally:
            attention.end()

    async def _load(self, id: UUID, caller: Caller) -> Watching:
        async with self.database.read() as db:
            viewing = await self.store.find(db, id, IDLE)
        if viewing is None:
            raise Unauthenticated("This viewing has ended; begin it anew.", code="viewing_ended")
        file = await self.files.get(viewing.file_id, caller)
        if file.facts is None:
            raise Conflict("This file cannot be read any more; its last scan says why.", code="file_not_ready")
        decision = viewing.decision
        if decision.made_for is not None and not decision.made_for.fits(stamp_of(file)):  # a new scan has seen another file at this place
            raise changed()
        index = None if decision.entry == "unknown" else await self.indexes.known(file)
        source = Source(file.path, f"{file.id.hex}-{file.size:x}-{file.mtime_ns:x}", file.facts, index, stamp_of(file))
        videos = tuple(form for best in picture_form(file.facts, decision) if file.facts.video for form in ladder(file.facts.video, best))
        audios = sound_forms(file.facts, decision)
        return Watching(id, decision.method, file, source, videos, audios, tuple(subtitle_tracks(file)), tuple(drawn_tracks(file)))

    async def _touch(self, id: UUID) -> None:
        """Write down a sign of life, now and then; a stream goes on when that cannot be stored."""
        now = time.monotonic()
        if now - self._touched.get(id, -_TOUCH_S) < _TOUCH_S:
            return
        self._touched[id] = now
        self._touched.move_to_end(id)
        if len(self._touched) > _MOST:
            self._touched.popitem(last=False)
        with suppress(Unavailable):
            async with self.database.write() as db:
                await self.store.touch(db, id)


class _Attention:
    """Looks again and again whether an answer may go on. Most are over before the first look, so that is all a timer until then."""

    def __init__(self, streams: Streams, text: str, stop: Callable[[], None]) -> None:
        self._streams, self._text, self._stop = streams, text, stop
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(streams.look_s, self._begin)

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._look(), name="attend a stream")

    async def _look(self) -> None:
        try:
            await self._streams.open(self._text)
        except (Unauthenticated, NotFound):
            self._stop()
            return
        except Unavailable:  # nobody is sent away because the database is
            pass
        self._timer = self._loop.call_later(self._streams.look_s, self._begin)
