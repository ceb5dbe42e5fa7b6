"""Walking a folder tree in slices: sorted, resumable, and honest about what it could not see."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from msgspec import Struct

from revenge.services.library.entity import Companion, Fallen

Folder = tuple[str, ...]
"""A folder below the root, name by name; `()` is the root."""

SLICE = 500
"""Files after which a slice ends, at a folder's end: storing more at once would keep people waiting noticeably."""


LONGEST = 2000
"""Bytes of a path below its root: what an index of PostgreSQL holds with room to spare."""


GENERIC = 20
"""Companions per video, on average, after which those that bear no video's name are left out."""
_ENDS = re.compile(r"[.\-_ ]")
"""Where a companion's name may stop being its video's: `Film.de.srt`, `Film-poster.jpg`."""


class Found(Struct, frozen=True):
    """A wanted file as it lies on the disk."""

    folder: Folder
    name: str
    size: int
    mtime_ns: int
    inode: int
    companions: list[Companion]


class Slice(Struct):
    """One stretch of a walk: every folder in `(after, upto]` was looked at, in tuple order."""

    files: list[Found]
    upto: Folder | None = None
    """The last folder looked at; None when the walk has reached its end."""
    blind: list[tuple[Folder, str]] = []
    """Folders that could not be read, and why: what lies below them is unknown, not gone."""
    unnameable: list[Fallen] = []
    """Paths below the root that cannot be written down."""


class Wanted(Struct, frozen=True):
    """What a walk picks up."""

    claims: Callable[[PurePosixPath], bool]
    is_companion: Callable[[str], bool]
    ignores: Callable[[str], bool]


def walk(root: str, after: Folder | None, wanted: Wanted, limit: int = SLICE) -> Slice:
    """Look at the folders behind `after` until `limit` files are found. Blocks; run it in a thread."""
    found = Slice([], blind=[], unnameable=[])
    for folder, entries in _folders(root, (), after, found, wanted.ignores, frozenset()):
        found.files += _files(folder, entries, wanted, found)
        if len(found.files) >= limit:
            found.upto = folder
            return found
    return found


def _folders(
    root: str, folder: Folder, after: Folder | None, found: Slice, ignores: Callable[[str], bool], above: frozenset[tuple[int, int]]
) -> Iterator[tuple[Folder, list[os.DirEntry[str]]]]:
    """Yield folders in tuple order, each before what lies in it; those up to `after` are passed over."""
    if after is not None and folder < after[: len(folder)]:
        return
    path = os.path.join(root, *folder)
    try:
        status = os.stat(path)
        entries = [entry for entry in os.scandir(path) if not ignores(entry.name)]
    except OSError as error:
        found.blind.append((folder, error.strerror or "cannot be read"))
        return
    here = (status.st_dev, status.st_ino)
    if here in above:  # a link that leads back up
        return
    if after is None or folder > after:
        yield folder, entries
    passed = after[len(folder)] if after is not None and after[: len(folder)] == folder and len(after) > len(folder) else ""
    ahead = (entry for entry in entries if entry.name >= passed)  # a slice must not cost what all slices before it cost
    for name in sorted(entry.name for entry in ahead if _is_dir(entry) and _speakable(entry, folder, found)):
        yield from _folders(root, (*folder, name), after, found, ignores, above | {here})


def _files(folder: Folder, entries: list[os.DirEntry[str]], wanted: Wanted, found: Slice) -> Iterator[Found]:
    """Yield the wanted files of one folder by name, each with what lies beside it."""
    here = sorted(entries, key=lambda entry: entry.name)
    videos = [entry for entry in here if wanted.claims(PurePosixPath(*folder, entry.name)) and _is_file(entry)]
    videos = [entry for entry in videos if _speakable(entry, folder, found)]
    if not videos:
        return
    beside = _beside([_stem(entry.name) for entry in videos], _companions(here, wanted))
    for entry in videos:
        try:
            status = entry.stat()
        except OSError:  # gone while we looked
            continue
        yield Found(folder, entry.name, status.st_size, status.st_mtime_ns, status.st_ino, beside[_stem(entry.name)])


def _companions(entries: list[os.DirEntry[str]], wanted: Wanted) -> list[Companion]:
    found = []
    for entry in entries:
        if wanted.is_companion(entry.name) and entry.name.isprintable() and _is_file(entry):
            status = entry.stat()
            found.append(Companion(entry.name, status.st_size, status.st_mtime_ns))
    return found


def _beside(stems: list[str], companions: list[Companion]) -> dict[str, list[Companion]]:
    """Return for each video the companions that bear its name, and the few that bear no video's: in a folder of 2 000 films each has its own."""
    beside: dict[str, list[Companion]] = {stem: [] for stem in stems}
    for companion in companions:
        owners = {companion.name[: found.start()].casefold() for found in _ENDS.finditer(companion.name)} & beside.keys()
        for stem in owners or (beside if sum(map(len, beside.values())) < GENERIC * len(beside) else ()):
            beside[stem].append(companion)
    return beside


def _stem(name: str) -> str:
    return name.rpartition(".")[0].casefold()


def _speakable(entry: os.DirEntry[str], folder: Folder, found: Slice) -> bool:
    """Whether the name can be written down: bytes that are no UTF-8 come from Python as lone surrogates."""
    path = os.path.join(*folder, entry.name)
    try:
        fits = len(path.encode()) <= LONGEST
    except UnicodeEncodeError:
        spelt = path.encode(errors="replace").decode()
        found.unnameable.append(Fallen(spelt, "The name is not valid UTF-8; rename it.", "name_unreadable"))
        return False
    if not fits:
        found.unnameable.append(Fallen(path, f"The path is longer than {LONGEST} bytes; use shorter names.", "path_too_long"))
    return fits


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
