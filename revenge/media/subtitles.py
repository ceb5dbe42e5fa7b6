"""Subtitles: which files belong to a film, text as WebVTT, pictures as their own file."""

from collections.abc import Iterable
from pathlib import PurePath

from revenge.core.facts import SubtitleTrack
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.files import opened
from revenge.media.languages import recognise
from revenge.media.pool import Pool
from revenge.media.rendition import Source

EXTERNAL = 1000
"""Index of the first subtitle that is a file of its own."""
_CODECS = {".srt": "subrip", ".ass": "ass", ".ssa": "ssa", ".vtt": "webvtt"}
_FORCED, _DEFAULT = {"forced", "foreign"}, {"default"}
_HEARING = {"sdh": "SDH", "cc": "CC", "hi": "SDH"}
_EMBEDDED, _FILE = "revenge.media.child.text:embedded", "revenge.media.child.text:external"
_DRAWN = "revenge.media.child.sup:drawn"
_STYLED, _STYLED_FILE = "revenge.media.child.styled:embedded", "revenge.media.child.styled:external"
_FONTS, _FONT = "revenge.media.child.styled:fonts", "revenge.media.child.styled:font"
_EMBEDDED_S, _FILE_S = 600.0, 30.0
"""Seconds: a stream inside a film may take a read of the whole film."""


def sidecars(video: str | PurePath, names: Iterable[str]) -> tuple[SubtitleTrack, ...]:
    """The subtitle files among the names of a folder that belong to the film: `Film.srt`, `Film.de.forced.srt`, `Film.English.SDH.ass`.

    Their `path` is the name beside the film's own path; their order, and so their index, follows the names.
    """
    film = PurePath(video)
    names = sorted(names)
    nearer = [PurePath(name).stem.casefold() for name in names if PurePath(name).suffix.lower() not in _CODECS]
    tracks: list[SubtitleTrack] = []
    for name in names:
        own, codec = PurePath(name).stem, _CODECS.get(PurePath(name).suffix.lower())
        if codec and _belongs(own.casefold(), film.stem.casefold(), nearer):
            tracks.append(_track(EXTERNAL + len(tracks), codec, own[len(film.stem) :], str(film.parent / name)))
    return tuple(tracks)


def _belongs(own: str, film: str, others: Iterable[str]) -> bool:
    """Whether the name continues the film's with a dot, or with nothing but known words, and no other file's name is nearer."""
    rest = own[len(film) :]
    if not own.startswith(film) or any(len(other) > len(film) and own.startswith(other) for other in others):
        return False
    return rest[:1] in ("", ".") or all(_known(word) for word in _words(rest))


class Subtitles:
    """Takes subtitles out of films, in the media pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def webvtt(self, source: Source, track: SubtitleTrack, *, qos: Qos = Qos.STREAM) -> bytes:
        """The subtitle as a WebVTT file, times from the film's start. MediaError: it is pictures, or cannot be read."""
        if not track.is_text:
            raise MediaError("These subtitles are pictures and cannot be written as text.")
        async with opened(track.path or source.path, None if track.path else source.stamp) as fd:
            if track.path is not None:
                return await self._pool.run(_FILE, track.language, result=bytes, fds=(fd,), qos=qos, timeout=_FILE_S)
            start = source.index.start_us if source.index else None
            return await self._pool.run(_EMBEDDED, track.index, start, result=bytes, fds=(fd,), qos=qos, timeout=_EMBEDDED_S)

    async def drawn(self, source: Source, track: SubtitleTrack, *, qos: Qos = Qos.STREAM) -> bytes:
        """Subtitles that are pictures, as a PGS file, times from the film's start. MediaError: they are others, or cannot be read."""
        start = source.index.start_us if source.index else None
        async with opened(source.path, source.stamp) as fd:
            return await self._pool.run(_DRAWN, track.index, start, result=bytes, fds=(fd,), qos=qos, timeout=_EMBEDDED_S)

    async def styled(self, source: Source, track: SubtitleTrack, *, qos: Qos = Qos.STREAM) -> bytes:
        """Subtitles with their own look, as an ASS file, times from the film's start. MediaError: they are others, or cannot be read."""
        async with opened(track.path or source.path, None if track.path else source.stamp) as fd:
            if track.path is not None:
                return await self._pool.run(_STYLED_FILE, track.language, result=bytes, fds=(fd,), qos=qos, timeout=_FILE_S)
            start = source.index.start_us if source.index else None
            return await self._pool.run(_STYLED, track.index, start, result=bytes, fds=(fd,), qos=qos, timeout=_EMBEDDED_S)

    async def fonts(self, source: Source) -> list[str]:
        """Names of the fonts that came with the film."""
        async with opened(source.path, source.stamp) as fd:
            return await self._pool.run(_FONTS, result=list[str], fds=(fd,), qos=Qos.STREAM, timeout=_FILE_S)

    async def font(self, source: Source, number: int, *, qos: Qos = Qos.STREAM) -> bytes:
        """One of the fonts. MediaError: the film has no such."""
        async with opened(source.path, source.stamp) as fd:
            return await self._pool.run(_FONT, number, result=bytes, fds=(fd,), qos=qos, timeout=_FILE_S)


def _words(text: str) -> list[str]:
    """The words between the film's name and the suffix."""
    return [word for part in text.lower().replace("_", ".").replace(" ", ".").split(".") if (word := part.strip("-()[]"))]


def _language(word: str) -> str | None:
    return None if word in _HEARING else recognise(word) or _SPOKEN.get(word)


def _known(word: str) -> bool:
    return word in _HEARING or word in _FORCED or word in _DEFAULT or _language(word) is not None


def _track(index: int, codec: str, rest: str, path: str) -> SubtitleTrack:
    """What the words say about the subtitles."""
    words = _words(rest)
    return SubtitleTrack(
        index=index,
        codec=codec,
        language=next((found for word in words if (found := _language(word))), None),
        title=next((_HEARING[word] for word in words if word in _HEARING), None),
        default=any(word in _DEFAULT for word in words),
        forced=any(word in _FORCED for word in words),
        path=path,
    )


_SPOKEN = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "francais": "fr",
    "spanish": "es",
    "español": "es",
    "espanol": "es",
    "italian": "it",
    "italiano": "it",
    "dutch": "nl",
    "nederlands": "nl",
    "portuguese": "pt",
    "polish": "pl",
    "russian": "ru",
    "swedish": "sv",
    "danish": "da",
    "norwegian": "no",
    "finnish": "fi",
    "japanese": "ja",
    "korean": "ko",
    "chinese": "zh",
    "turkish": "tr",
    "arabic": "ar",
    "czech": "cs",
    "hungarian": "hu",
    "greek": "el",
}
"""Languages as people write them in file names."""
