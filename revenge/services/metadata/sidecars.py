"""Which files beside a video belong to it: its artwork and its `.nfo`, named the way Kodi, Plex and Jellyfin name them."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

from revenge.media.names import owns_folder
from revenge.services.metadata.entity import Beside, Role, Video

F = TypeVar("F", bound=Beside)

_PICTURES = ("jpg", "jpeg", "png", "webp", "avif", "gif")
_SUFFIXES: dict[Role, tuple[str, ...]] = {
    "poster": ("-poster", "-cover", ""),
    "backdrop": ("-fanart", "-backdrop", "-background"),
}
_FOLDER_NAMES: dict[Role, tuple[str, ...]] = {
    "poster": ("poster", "folder", "cover", "movie", "default"),
    "backdrop": ("fanart", "backdrop", "background", "art"),
}


def sidecar_art(video: Video, role: Role) -> list[Beside]:
    """The pictures beside the video that are meant for this role, best first.

    A name that says which film it is always counts; `poster.jpg` only in a folder that is this film's own.
    """
    pictures = [file for file in video.companions if _ending(file.name) in _PICTURES]
    stem = video.relative.stem.casefold()
    names = [stem + suffix for suffix in _SUFFIXES[role]]
    if owns_folder(str(video.relative)):
        names += _FOLDER_NAMES[role]
        named = [suffix for suffix in _SUFFIXES[role] if suffix]
        names += sorted(_stem(file.name) for file in pictures if any(_stem(file.name).endswith(suffix) for suffix in named))
    return list(_in_order(pictures, names))


def sidecar_nfo(video: Video) -> Beside | None:
    """The `.nfo` of the video: its namesake, else `movie.nfo` or the only one in a folder that is this film's own."""
    notes = [file for file in video.companions if _ending(file.name) == "nfo"]
    if not notes:  # as with most films: reading the name a second time would cost a scan as much as reading it did
        return None
    names = [video.relative.stem.casefold()]
    if owns_folder(str(video.relative)):
        names += ["movie", *([_stem(notes[0].name)] if len(notes) == 1 else [])]
    return next(_in_order(notes, names), None)


def _in_order(files: Sequence[F], names: Sequence[str]) -> Iterator[F]:
    """Files by these names, in the names' order and then the endings'; each once."""
    by_name: dict[str, list[F]] = {}
    for file in files:
        by_name.setdefault(_stem(file.name), []).append(file)
    for name in dict.fromkeys(names):
        yield from sorted(
            by_name.get(name, []), key=lambda file: _PICTURES.index(_ending(file.name)) if _ending(file.name) in _PICTURES else 0
        )


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.casefold()


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix[1:].lower()
