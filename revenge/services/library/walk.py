"""Walking a folder tree in slices: sorted, resumable, and honest about what it could not see."""

import os
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from msgspec import Struct

from revenge.services.library.entity import Companion

Folder = tuple[str, ...]
"""A folder below the root, name by name; `()` is the root."""

SLICE = 2000
"""Files after which a slice ends, at a folder's end: a few seconds of work at most."""


LONGEST = 2000
"""Bytes of a path below its root: what an index of PostgreSQL holds with room to spare."""


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
    unnameable: list[tuple[str, str]] = []
    """Paths that cannot be written down, and why."""


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
    for name in sorted(entry.name for entry in entries if _is_dir(entry) and _speakable(entry, folder, found)):
        yield from _folders(root, (*folder, name), after, found, ignores, above | {here})


def _files(folder: Folder, entries: list[os.DirEntry[str]], wanted: Wanted, found: Slice) -> Iterator[Found]:
    companions: list[Companion] | None = None
    for entry in sorted(entries, key=lambda entry: entry.name):
        if not wanted.claims(PurePosixPath(*folder, entry.name)) or not _is_file(entry):
            continue
        if not _speakable(entry, folder, found):
            continue
        if companions is None:
            companions = _companions(entries, wanted)
        try:
            status = entry.stat()
        except OSError:  # gone while we looked
            continue
        yield Found(folder, entry.name, status.st_size, status.st_mtime_ns, status.st_ino, companions)


def _companions(entries: list[os.DirEntry[str]], wanted: Wanted) -> list[Companion]:
    found = []
    for entry in entries:
        if wanted.is_companion(entry.name) and _is_file(entry) and entry.name.isprintable():
            status = entry.stat()
            found.append(Companion(entry.name, status.st_size, status.st_mtime_ns))
    return sorted(found, key=lambda companion: companion.name)


def _speakable(entry: os.DirEntry[str], folder: Folder, found: Slice) -> bool:
    """Whether the name can be written down: bytes that are no UTF-8 come from Python as lone surrogates."""
    path = os.path.join(*folder, entry.name)
    try:
        fits = len(path.encode()) <= LONGEST
    except UnicodeEncodeError:
        found.unnameable.append((path.encode(errors="replace").decode(), "The name is not valid UTF-8; rename it."))
        return False
    if not fits:
        found.unnameable.append((path, f"The path is longer than {LONGEST} bytes; use shorter names."))
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
