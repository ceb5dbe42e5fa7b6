"""The bytes of a viewing: the file as it is, HLS playlists and segments, subtitles, downloads."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

from aiohttp import web
from loguru import logger

from revenge.api.endpoint import Endpoint, Handler, get
from revenge.api.sender import send_file
from revenge.core.caller import Caller
from revenge.core.errors import NotFound, absent
from revenge.core.qos import Qos
from revenge.media import hls
from revenge.media.errors import MediaError
from revenge.media.files import Stamp
from revenge.media.master import master, muxed_master
from revenge.media.muxed import Muxed, is_muxed
from revenge.media.rendition import Rendition
from revenge.media.segments import Segments
from revenge.services.library.entity import StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.choice import away, changed, why
from revenge.services.playback.entity import Fonts
from revenge.services.playback.reasons import is_webm
from revenge.services.playback.streams import Streams, Watching

T = TypeVar("T")
_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska", ".webm": "video/webm",
    ".ts": "video/mp2t", ".m2ts": "video/mp2t", ".avi": "video/x-msvideo", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".ogv": "video/ogg",
    ".wmv": "video/x-ms-wmv", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".m4b": "audio/mp4", ".aac": "audio/aac", ".flac": "audio/flac",
    ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav", ".mka": "audio/x-matroska",
}  # fmt: skip
_PLAYLIST = "application/vnd.apple.mpegurl"
_VTT = "text/vtt; charset=utf-8"
_ASS = "text/x-ssa; charset=utf-8"
_SEGMENT_HEADERS = {"Cache-Control": "private, max-age=3600"}
_NOW = {"Cache-Control": "no-store"}


class Delivery:
    """Doors that a playback ticket opens, and the downloads."""

    def __init__(self, streams: Streams, files: Files, segments: Segments) -> None:
        self.streams = streams
        self.files = files
        self.segments = segments

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        hls_base = "/media/{ticket}/hls"
        ticketed: dict[str, Handler] = {
            "/media/{ticket}/direct": self.direct,
            f"{hls_base}/master.m3u8": self.master,
            f"{hls_base}/television.m3u8": self.television,
            f"{hls_base}/{{rendition}}/{hls.MEDIA}": self.playlist,
            f"{hls_base}/{{rendition}}/{hls.INIT}": self.init,
            f"{hls_base}/{{rendition}}/{hls.SUBTITLES}": self.stamped_subtitle,
            f"{hls_base}/{{rendition}}/{{number}}.m4s": self.segment,
            f"{hls_base}/{{rendition}}/{{number}}.ts": self.transport,
            "/media/{ticket}/subtitles/{index}.vtt": self.subtitle,
            "/media/{ticket}/subtitles/{index}.sup": self.drawing,
            "/media/{ticket}/subtitles/{index}.ass": self.styled,
            "/media/{ticket}/fonts": self.fonts,
            "/media/{ticket}/fonts/{number}": self.font,
        }
        return [
            *(
                get(path, handler, open="ticket", qos=Qos.STREAM, hidden=True, moves=path.startswith(hls_base))
                for path, handler in ticketed.items()
            ),
            get("/api/v1/files/{id}/download", self.download, may="files:download", qos=Qos.PERSON),
            get("/api/v1/files/{id}/sync", self.download, may="files:download", qos=Qos.BACKGROUND),
        ]

    async def direct(self, ticket: str, request: web.Request) -> web.StreamResponse:
        """The file as it is, for a viewing that was decided so."""
        watching = await self.streams.open(ticket)
        if watching.method != "direct":
            absent("file as it is in the viewing", watching.id)
        with self.streams.attended(ticket, lambda: _hang_up(request)):
            kind = "video/webm" if is_webm(watching.source.facts) else _type(watching.file)
            return await _send(request, watching.source.path, kind, check=partial(_is_still, watching.source.stamp))

    async def master(self, ticket: str) -> web.StreamResponse:
        """The master playlist."""
        watching = await self.streams.open(ticket)
        return _text(master(watching.source, watching.videos, watching.audios, watching.subtitles))

    async def television(self, ticket: str) -> web.StreamResponse:
        """The master playlist of transport streams, for televisions that take nothing else."""
        watching = await self.streams.open(ticket)
        return _text(muxed_master(watching.source, watching.muxed, watching.subtitles))

    async def playlist(self, ticket: str, rendition: str) -> web.StreamResponse:
        """The playlist of one rendition, or of a transport stream."""
        watching = await self.streams.open(ticket)
        if is_muxed(rendition):
            return _text(hls.muxed_media(watching.source, watching.allows_muxed(Muxed.parse(rendition))))
        found = Rendition.parse(rendition)
        if found.kind == "subtitle":
            watching.subtitle(found.track)
            return _text(hls.subtitle_media(watching.source))
        return _text(hls.media(watching.source, watching.allows(found)))

    async def init(self, ticket: str, rendition: str, request: web.Request) -> web.StreamResponse:
        """The initialisation segment of one rendition."""
        watching = await self.streams.open(ticket)
        path = await _made(watching, self.segments.init(watching.source, watching.allows(Rendition.parse(rendition))))
        return await send_file(request, path, content_type="video/mp4", headers=_SEGMENT_HEADERS)

    async def segment(self, ticket: str, rendition: str, number: int, request: web.Request) -> web.StreamResponse:
        """One segment of one rendition, made when it is asked for."""
        watching = await self.streams.open(ticket)
        path = await _made(watching, self.segments.segment(watching.source, watching.allows(Rendition.parse(rendition)), number))
        return await send_file(request, path, content_type="video/iso.segment", headers=_SEGMENT_HEADERS)

    async def transport(self, ticket: str, rendition: str, number: int, request: web.Request) -> web.StreamResponse:
        """One segment of a transport stream."""
        watching = await self.streams.open(ticket)
        path = await _made(watching, self.segments.muxed(watching.source, watching.allows_muxed(Muxed.parse(rendition)), number))
        return await send_file(request, path, content_type="video/mp2t", headers=_SEGMENT_HEADERS)

    async def subtitle(self, ticket: str, index: int, request: web.Request) -> web.StreamResponse:
        """A subtitle track as WebVTT."""
        watching = await self.streams.open(ticket)
        return await self._words(request, watching, index, for_playlist=False)

    async def drawing(self, ticket: str, index: int, request: web.Request) -> web.StreamResponse:
        """A subtitle track that is pictures, for players that draw them."""
        watching = await self.streams.open(ticket)
        made = self.segments.drawn(watching.source, watching.drawing(index))
        return await send_file(request, await _made(watching, made), content_type="application/octet-stream", headers=_SEGMENT_HEADERS)

    async def styled(self, ticket: str, index: int, request: web.Request) -> web.StreamResponse:
        """A subtitle track with its own look, for players that draw it."""
        watching = await self.streams.open(ticket)
        track = watching.subtitle(index)
        made = self.segments.styled(watching.source, track if track.is_styled else absent("subtitle", index))
        return await send_file(request, await _made(watching, made), content_type=_ASS, headers=_SEGMENT_HEADERS)

    async def fonts(self, ticket: str) -> Fonts:
        """The fonts that came with the film: their addresses, beside this one."""
        watching = await self.streams.open(ticket)
        names = await _made(watching, self.segments.fonts(watching.source))
        return Fonts([f"fonts/{number}" for number in range(len(names))])

    async def font(self, ticket: str, number: int, request: web.Request) -> web.StreamResponse:
        """One of the fonts that came with the film."""
        watching = await self.streams.open(ticket)
        names = await _made(watching, self.segments.fonts(watching.source))
        if not 0 <= number < len(names):
            absent("font", number)
        path = await _made(watching, self.segments.font(watching.source, number))
        return await send_file(request, path, content_type="application/octet-stream", headers=_SEGMENT_HEADERS)

    async def stamped_subtitle(self, ticket: str, rendition: str, request: web.Request) -> web.StreamResponse:
        """A subtitle track as WebVTT with the times of the segments."""
        watching = await self.streams.open(ticket)
        found = Rendition.parse(rendition)
        if found.kind != "subtitle":
            absent("subtitle", rendition)
        return await self._words(request, watching, found.track, for_playlist=True)

    async def download(self, id: UUID, caller: Caller, request: web.Request) -> web.StreamResponse:
        """A file to keep, in ranges where the client wants them."""
        file = await self.files.get(id, caller)
        return await _send(request, file.path, _type(file), filename=file.name)

    async def _words(self, request: web.Request, watching: Watching, index: int, *, for_playlist: bool) -> web.StreamResponse:
        made = self.segments.webvtt(watching.source, watching.subtitle(index), for_playlist=for_playlist)
        return await send_file(request, await _made(watching, made), content_type=_VTT, headers=_SEGMENT_HEADERS)


async def _made(watching: Watching, making: Awaitable[T]) -> T:
    """Return a piece; Unavailable with the reason when it cannot be made."""
    try:
        return await making
    except MediaError as error:
        logger.warning("A piece of {} could not be made: {}", watching.file.path, error)
        raise await why(watching.file, error) from error


async def _send(
    request: web.Request, path: str, kind: str, filename: str | None = None, check: Callable[[int, int], None] | None = None
) -> web.StreamResponse:
    try:
        return await send_file(request, path, content_type=kind, filename=filename, check=check)
    except NotFound as error:  # there is such a file, it only cannot be seen
        raise away() from error


def _is_still(stamp: Stamp | None, size: int, modified_ns: int) -> None:
    """Raise Conflict for another file than the viewing was begun with: a player would put parts of both together."""
    if stamp is not None and not stamp.fits(Stamp(size, modified_ns)):
        raise changed()


def _type(file: StoredFile) -> str:
    return _TYPES.get("." + file.name.rpartition(".")[2].lower(), "application/octet-stream")


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _text(playlist: str) -> web.Response:
    return web.Response(text=playlist, content_type=_PLAYLIST, headers=_NOW)
