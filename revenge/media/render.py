"""Making segments: any one of any film, from the file, its index and a number alone."""

import asyncio
import os

from msgspec.structs import replace

from revenge.core.errors import Unavailable, absent
from revenge.core.facts import VideoTrack
from revenge.core.qos import Qos
from revenge.media.capacity import Capacity, pace
from revenge.media.engines import Engines
from revenge.media.errors import MediaError
from revenge.media.files import opened
from revenge.media.keyframes import CLOCK
from revenge.media.muxed import FITTING, Muxed
from revenge.media.orders import INIT, MuxOrder, PictureOrder, SoundOrder, Weighed
from revenge.media.plan import Cut, anchors, bounds, cut, reordering
from revenge.media.pool import Pool
from revenge.media.rendition import Rendition, Source, aac, audio_track, can_copy_audio, can_copy_video, h264, video_track

_PICTURE = "revenge.media.child.video:weighed"
_SOUND = "revenge.media.child.audio:make"
_TONES = "revenge.media.child.tones:bake"
_MUX = "revenge.media.child.transport:join"
_COPY_S, _ENCODE_S = 30.0, 90.0
"""Seconds after which a segment is given up: a slow disk, or a picture this machine cannot encode."""
_MOST_THREADS = 4
_RUN_UP = 2 * CLOCK
"""Ticks before a piece of sound at which to begin reading, where a film is entered by bytes."""


class Renderer:
    """Has segments made by the media pool."""

    def __init__(self, pool: Pool, threads: int | None = None, engines: Engines | None = None) -> None:
        """`threads` encode one segment together; their number does not change the stream's headers, nor does another engine."""
        self._pool = pool
        self._engines = engines
        self.capacity = Capacity()
        self._tables: dict[str, asyncio.Task[bytes]] = {}
        self._threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)

    @property
    def has_room(self) -> bool:
        """Whether a segment that nobody waits for would be begun at once."""
        return self._pool.has_room

    async def init(self, source: Source, rendition: Rendition, *, qos: Qos = Qos.STREAM) -> bytes:
        """The initialisation segment, the same bytes every time. NotFound: no such stream; MediaError: it cannot be made."""
        return await self._make(source, rendition, INIT, Cut(0, 0, 0, last=False), qos)

    async def segment(self, source: Source, rendition: Rendition, number: int, *, qos: Qos = Qos.STREAM) -> bytes:
        """Segment `number`, counted from 0. NotFound: no such stream or segment; MediaError: it cannot be made."""
        return await self._make(source, rendition, number, cut(source, rendition, number), qos)

    async def muxed(self, source: Source, muxed: Muxed, number: int, picture: bytes, *, qos: Qos = Qos.STREAM) -> bytes:
        """Segment `number` of a transport stream; `picture` is that of its picture, with the initialisation segment in front.

        NotFound: no such stream or segment, or a picture that no transport stream holds. MediaError: it cannot be made.
        """
        if muxed.video.copies and video_track(source, muxed.video).codec not in FITTING:
            absent("transport stream of", muxed.name)
        place, sound = cut(source, muxed.video, number), None
        if muxed.audio is not None:
            edges = bounds(source, muxed.video)
            span = Cut(edges[number] if number else 0, place.edge, place.edge, place.last)
            sound = b"".join([await self._make(source, muxed.audio, at, span, qos) for at in (INIT, number)])
        made: bytes = await self._pool.run(
            _MUX, MuxOrder(picture, reordering(source, muxed.video), sound), result=bytes, timeout=_COPY_S, qos=qos
        )
        return made

    async def _make(self, source: Source, rendition: Rendition, number: int, place: Cut, qos: Qos) -> bytes:
        timeout = _COPY_S if rendition.copies else _ENCODE_S
        if rendition.kind in ("video", "still"):
            order = picture_order(source, rendition, number, place, self._threads)
            table = await self._table(order.encode.tone_map) if order.encode and order.encode.tone_map and number != INIT else None
            async with opened(source.path, source.stamp) as fd:
                made = await self._picture(order, table, fd, timeout, qos)
            if order.encode is not None and not order.still and number != INIT:
                self.capacity.made(pace(source, rendition) * (order.end - order.begin) / CLOCK, made.cpu)
            return made.piece
        if rendition.kind != "audio":
            absent("segment of", rendition.name)
        sound = sound_order(source, rendition, number, place)
        async with opened(source.path, source.stamp) as fd:
            return await self._pool.run(_SOUND, sound, result=bytes, fds=(fd,), timeout=timeout, qos=qos)

    async def _picture(self, order: PictureOrder, table: bytes | None, fd: int, timeout: float, qos: Qos) -> Weighed:  # noqa: ASYNC109  the pool's own
        """A piece of the picture by the engine in use; where that fails, by libx264 under the same name."""

        async def made(pool: Pool, order: PictureOrder, seconds: float) -> Weighed:
            return await pool.run(_PICTURE, order, table, result=Weighed, fds=(fd,), timeout=seconds, qos=qos)

        engines = self._engines
        if engines is None or engines.current is None or order.encode is None or order.number == INIT or order.still:
            return await made(self._pool, order, timeout)
        try:
            piece = await made(engines.pool, replace(order, encode=replace(order.encode, engine=engines.current)), timeout / 3)
        except Unavailable:  # it is busy
            return await made(self._pool, order, timeout)
        except MediaError:
            piece = await made(self._pool, order, timeout)
            engines.went(well=False)  # libx264 could, so the file was not to blame
            return piece
        engines.went(well=True)
        return piece

    async def _table(self, hdr: str) -> bytes:
        """The colour table for a kind of high dynamic range: baking takes seconds, so all who need one wait for the same."""
        task = self._tables.get(hdr)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._tables[hdr] = asyncio.create_task(self._pool.run(_TONES, hdr, result=bytes, timeout=_ENCODE_S, qos=Qos.STREAM))
        return await asyncio.shield(task)


def picture_order(source: Source, rendition: Rendition, number: int, place: Cut, threads: int) -> PictureOrder:
    """What the child needs to make a piece of the picture."""
    track, index = video_track(source, rendition), source.index
    if rendition.copies and not can_copy_video(source):
        absent("copy of picture", rendition.track)
    return PictureOrder(
        stream=track.index,
        number=number,
        begin=place.begin,
        end=place.end,
        edge=place.edge,
        last=place.last,
        anchors=anchors(index, place.begin),
        start_us=index.start_us if index else None,
        rotation=track.rotation,
        encode=None if rendition.copies else h264(track, rendition, threads),
        leading=index is not None and index.soft > 0 and not index.leads,
        still=rendition.kind == "still",
        by_header=rendition.copies and track.codec in FITTING and (number != INIT or _is_plain(track)),
        sections=index.sections if index else (),
    )


def _is_plain(track: VideoTrack) -> bool:
    """Whether players need not be told anything of the picture that may stand in its first frame alone: its shape, its brightness."""
    return track.hdr is None and track.sample_aspect == "1:1"


def sound_order(source: Source, rendition: Rendition, number: int, place: Cut) -> SoundOrder:
    """What the child needs to make a piece of the sound."""
    track, index = audio_track(source, rendition), source.index
    if rendition.copies and not can_copy_audio(track):
        absent("copy of sound", rendition.track)
    return SoundOrder(
        stream=track.index,
        number=number,
        begin=place.begin,
        end=place.end,
        last=place.last,
        start_us=index.start_us if index else None,
        encode=None if rendition.copies else aac(track, rendition),
        anchors=anchors(index, max(0, place.begin - _RUN_UP)) if index and index.sections else (),
        sections=index.sections if index else (),
    )
