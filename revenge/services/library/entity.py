"""What a library is: its folders, its files, its scans, and what a content module must offer to take part."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from revenge.core.caller import Caller
from revenge.core.data import Writing
from revenge.core.facts import MediaFacts
from revenge.core.ids import ItemRef
from revenge.media.errors import Fault
from revenge.services.metadata.entity import Poster

ScanState = Literal["queued", "running", "completed", "failed", "cancelled"]
Name = Annotated[str, Meta(min_length=1, max_length=200, description="Shown on shelves and in menus.")]
Paths = Annotated[list[str], Meta(min_length=1, max_length=50, description="Absolute paths of folders on this server.")]


class Root(Struct, frozen=True):
    """One folder of a library."""

    path: str
    available: bool = True
    """False while the folder cannot be seen: a disk that is away is a state, never a deletion."""


class Scan(Struct, frozen=True):
    """One pass over a library's folders. Counts are files."""

    id: UUID
    library_id: UUID
    state: ScanState
    found: int
    added: int
    changed: int
    removed: int
    failed: int
    """Files (or folders) that gave an error."""
    done: int
    """Files of `found` that need no more work from this scan."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Library(Struct, frozen=True):
    """Folders of one kind of media."""

    id: UUID
    name: str
    kind: str
    paths: list[Root]
    """Empty for who may not manage libraries: where things lie on the server is nobody else's business."""
    items: int
    last_scan: Scan | None = None

    def shown_to(self, caller: Caller) -> "Library":
        """The library as the caller may see it."""
        return self if caller.may("libraries:manage") else replace(self, paths=[])


class NewLibrary(Struct, frozen=True, forbid_unknown_fields=True):
    """What is needed to make a library."""

    name: Name
    kind: str
    paths: Paths


class LibraryEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """What may change in a library; its kind may not."""

    name: Name | UnsetType = UNSET
    paths: Paths | UnsetType = UNSET


Trouble = Fault | Literal["folder_unreadable", "folder_away", "folder_left", "name_unreadable", "path_too_long", "gave_up"]
"""Why something could not be taken in, in one word; empty where that was not kept."""


class Fallen(Struct, frozen=True):
    """What a scan could not take in."""

    path: str
    reason: str
    """One sentence in English."""
    code: Trouble


class ScanError(Struct, frozen=True):
    """Why one file or folder could not be taken in."""

    path: str
    reason: str
    at: datetime
    code: Trouble | Literal[""] = ""
    """The reason in one word, for whoever says it in another language."""


class Folder(Struct, frozen=True):
    """A folder one may choose for a library."""

    name: str
    path: str


class Folders(Struct, frozen=True):
    """The folders inside a folder of this server."""

    path: str
    parent: str | None
    folders: list[Folder]


class Companion(Struct, frozen=True, array_like=True):
    """A file that lies beside a video and says something about it: subtitles, .nfo, artwork."""

    name: str
    """Path relative to the video's folder."""
    size: int
    mtime_ns: int


class KnownFile(Struct, frozen=True):
    """What a scan compares: a file as it was last seen."""

    id: UUID
    root: str
    folder: tuple[str, ...]
    name: str
    size: int
    mtime_ns: int
    inode: int
    state: str
    """`new` (not looked into yet), `probed`, or `failed`."""
    missing: bool
    error: str | None
    fault: Fault | None
    """The error in one word."""
    companions: list[Companion]
    kept: bool = True
    """Whether it stands for an item: a scan may have ended between looking into it and finding out what it is."""


class StoredFile(Struct, frozen=True):
    """A file of a library with what is known about it."""

    id: UUID
    library_id: UUID
    root: str
    folder: tuple[str, ...]
    name: str
    size: int
    mtime_ns: int
    available: bool
    edition: str | None
    companions: list[Companion]
    facts: MediaFacts | None

    @property
    def relative(self) -> PurePosixPath:
        """The path below the library's folder."""
        return PurePosixPath(*self.folder, self.name)

    @property
    def directory(self) -> str:
        """The absolute folder the file lies in."""
        return str(PurePosixPath(self.root, *self.folder))

    @property
    def path(self) -> str:
        """The absolute path."""
        return str(PurePosixPath(self.root, *self.folder, self.name))


class ItemCard(Struct, frozen=True):
    """Any item as it stands in a mixed list: search results, continue watching."""

    id: UUID
    kind: str
    title: str
    year: int | None
    poster: Poster | None


class Identified(Struct, frozen=True):
    """What a content module makes of one file before anything is stored."""

    file_id: UUID
    edition: str | None
    what: Any
    """The module's own guess."""


class Kept(Struct, frozen=True):
    """An item that now stands for a file."""

    file_id: UUID
    item: ItemRef
    title: str
    is_new: bool


class Shelf(Protocol):
    """What mixed lists need of a content module."""

    kind: str

    async def cards(self, ids: Sequence[UUID], caller: Caller) -> dict[UUID, ItemCard]:
        """Return the cards of those items the caller may see."""


class ContentLibrary(Protocol):
    """How a content module takes part in scanning."""

    kind: str
    item_kinds: tuple[str, ...]

    def claims(self, path: PurePosixPath) -> bool:
        """Whether the module wants this file (relative path); samples and extras are not wanted."""

    def is_companion(self, name: str) -> bool:
        """Whether a file of this name says something about videos beside it."""

    def ignores(self, name: str) -> bool:
        """Whether entries of this name are passed over: recycle bins, thumbnails' folders."""

    async def identify(self, files: Sequence[StoredFile]) -> list[Identified]:
        """Guess what the files are, from names and .nfo files; touches no database."""

    async def keep(self, db: Writing, library_id: UUID, identified: Sequence[Identified]) -> list[Kept]:
        """Find or make the items for the files, in the caller's transaction."""

    async def index(self, db: Writing, ids: Sequence[UUID]) -> None:
        """Bring the search documents of these items up to date, in the caller's transaction."""

    async def enrich(self, item: ItemRef) -> None:
        """Give the item its artwork and the facts that lie beside its files; opens its own transactions."""

    async def settle(self, db: Writing, library_id: UUID) -> None:
        """Hide items that lost their last file, mark those whose disk is away, in the caller's transaction."""


def shelf_tag(library_id: UUID) -> str:
    """Return the tag under which caches hold lists of what lies in this library; every room drops it when such a list changes."""
    return f"shelf:{library_id}"
