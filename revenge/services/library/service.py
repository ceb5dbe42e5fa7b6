"""What can be done with libraries: make, change, remove, scan, and find the files of an item."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import permutations
from pathlib import Path
from uuid import UUID

from msgspec import UNSET

from revenge.core.caller import Caller, Role
from revenge.core.data import Reading, Transactions, Writing, patiently
from revenge.core.errors import Invalid, absent
from revenge.core.events import ScanProgressed
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.core.work import Ask
from revenge.services.library.entity import (
    ContentLibrary,
    Fallen,
    Folder,
    Folders,
    Library,
    LibraryEdit,
    NewLibrary,
    Scan,
    ScanError,
    ScanState,
    StoredFile,
)
from revenge.services.library.repository import FileRepository, LibraryRepository, ScanRepository

LIBRARIES_TAG = "libraries"
"""Cache tag of the list of libraries: dropped when one is made or removed."""


SORRY = "Something went wrong inside; the log of the server has the details. Scan again to retry."
"""What people are told of a failure that is not their files' fault."""
FORGET_AFTER = timedelta(days=30)
"""Time a missing file is remembered: a film that comes back in it has kept everything."""


class Libraries:
    """Libraries and their scans."""

    def __init__(self, database: Transactions, contents: Mapping[str, ContentLibrary]) -> None:
        self.database = database
        self.contents = contents
        self.store = LibraryRepository()
        self.scans = ScanRepository()
        self.files = FileRepository()

    async def visible(self, user_id: UUID, role: Role) -> tuple[UUID, ...]:  # noqa: ARG002 - rights per library come with the rights room
        """Return the ids of the libraries this person may see: in a house without rights per library, all."""
        async with self.database.read() as db:
            return await self.store.ids(db)

    async def list(self, caller: Caller) -> list[Library]:
        """Return the libraries the caller may see, by name."""
        async with self.database.read() as db:
            libraries = await self.store.all(db, caller.libraries)
        return [library.shown_to(caller) for library in libraries]

    async def page(self, query: PageQuery, caller: Caller) -> Page[Library]:
        """Return one page of the libraries the caller may see, by name."""
        async with self.database.read() as db:
            page = await self.store.page(db, query, caller.libraries)
        return Page([library.shown_to(caller) for library in page.items], page.next)

    async def get(self, id: UUID, caller: Caller) -> Library:
        """Return the library, or NotFound."""
        async with self.database.read() as db:
            return (await self._get(db, id, caller)).shown_to(caller)

    async def add(self, library: NewLibrary) -> Library:
        """Make a library of folders that exist and can be read."""
        if library.kind not in self.contents:
            detail = f"Libraries of kind {library.kind!r} cannot be made here; choose one of {', '.join(self.contents)}."
            raise Invalid(detail, code="kind_unknown", field="kind")
        name, paths = _name(library.name), await asyncio.to_thread(_checked, library.paths)
        async with self.database.write() as db:
            id = await self.store.add(db, NewLibrary(name, library.kind, paths))
            await db.invalidate(LIBRARIES_TAG)
            return (await self.store.all(db, [id]))[0]

    async def change(self, id: UUID, edit: LibraryEdit, caller: Caller) -> Library:
        """Change a library's name or folders; a folder left out takes its files along."""
        paths = None if edit.paths is UNSET else await asyncio.to_thread(_checked, edit.paths)
        async with self.database.write() as db:
            library = await self._get(db, id, caller)
            if edit.name is not UNSET and _name(edit.name) != library.name:
                await self.store.rename(db, id, _name(edit.name))
            if paths is not None:
                await self.store.replace_roots(db, id, paths)
                await self.contents[library.kind].settle(db, id)
            return await self._get(db, id, caller)

    async def remove(self, id: UUID, caller: Caller) -> None:
        """Forget a library; its files stay where they are."""
        library = await self.get(id, caller)
        if library.last_scan is not None and library.last_scan.finished_at is None:
            await self.cancel(library.last_scan.id, caller)
        await patiently(lambda: self._remove(id))

    async def scan(self, id: UUID, caller: Caller) -> Scan:
        """Ask for a scan; a second request joins the one that is queued or running."""
        async with self.database.write() as db:
            await self._get(db, id, caller)
            return await self._scan_now(db, id)

    async def scan_all(self) -> None:
        """Ask for a scan of every library: what the schedule does, so that new films appear by themselves."""
        async with self.database.write() as db:
            for id in await self.store.ids(db):
                await self._scan_now(db, id)

    async def tidy(self) -> None:
        """Forget files that have been missing for long, and the items that lost their last one by it."""
        async with self.database.write() as db:
            if await self.files.forget(db, FORGET_AFTER):
                for id in await self.store.ids(db):
                    await self.contents[str(await self.store.find_kind(db, id))].settle(db, id)

    async def mend(self) -> None:
        """End scans that nothing goes on with, whatever became of their jobs: their libraries could never be scanned again."""
        async with self.database.read() as db:
            stuck = await self.scans.stuck(db)
        for id in stuck:
            await self.fail(id)

    async def fail(self, id: UUID, root: int = 0) -> None:
        """End a scan that cannot go on in the library's folder of that number; one that has ended stays as it ended."""
        async with self.database.write() as db:
            scan = await self.scans.find(db, id)
            if scan is None:
                return
            roots = await self.store.roots(db, scan.library_id)
            if await self._end(db, id, "failed", failed=1):
                await self.scans.add_errors(db, id, [Fallen(roots[min(root, len(roots) - 1)][1], SORRY, "gave_up")])
        await self._forget_steps(id)

    async def cancel(self, id: UUID, caller: Caller) -> Scan:
        """Cancel a scan; one that has ended stays as it ended."""
        async with self.database.write() as db:
            await self._scan(db, id, caller)
            ended = await self._end(db, id, "cancelled")
            if ended is None:
                return await self._scan(db, id, caller)
        await self._forget_steps(id)
        return ended

    async def get_scan(self, id: UUID, caller: Caller) -> Scan:
        """Return the scan, or NotFound."""
        async with self.database.read() as db:
            return await self._scan(db, id, caller)

    async def page_scans(self, id: UUID, query: PageQuery, caller: Caller) -> Page[Scan]:
        """Return a library's scans, newest first."""
        async with self.database.read() as db:
            await self._get(db, id, caller)
            return await self.scans.page(db, id, query)

    async def page_errors(self, id: UUID, query: PageQuery, caller: Caller) -> Page[ScanError]:
        """Return what a scan could not take in, and why."""
        async with self.database.read() as db:
            await self._scan(db, id, caller)
            return await self.scans.errors(db, id, query)

    async def roots(self) -> tuple[str, ...]:
        """Return the folders of all libraries, for a node that tells which of them it sees."""
        async with self.database.read() as db:
            libraries = await self.store.all(db, await self.store.ids(db))
        return tuple(root.path for library in libraries for root in library.paths)

    async def folders(self, path: str) -> Folders:
        """Return the folders inside a folder of this server, for choosing one."""
        return await asyncio.to_thread(_folders, path)

    async def _scan_now(self, db: Writing, id: UUID) -> Scan:
        scan, is_new = await self.scans.add(db, id)
        if scan.state == "queued":  # asking twice is asking once; and a scan whose first job was given up begins after all
            await db.ask(Ask("library.scan", f"{scan.id}:0", {"scan_id": str(scan.id), "root": 0, "after": None, "step": "walk:0"}))
        if is_new:
            await self.scans.open_steps(db, scan.id, ["walk:0"])
            db.after(progress(scan))
        return scan

    async def _end(self, db: Writing, id: UUID, state: ScanState, failed: int = 0) -> Scan | None:
        ended = await self.scans.end(db, id, state, failed)
        if ended is not None:
            db.after(progress(ended))
        return ended

    async def _forget_steps(self, id: UUID) -> None:
        """In a transaction of its own: whoever ends a step holds it and waits for the scan."""
        async with self.database.write() as db:
            await self.scans.forget_steps(db, id)

    async def _remove(self, id: UUID) -> None:
        async with self.database.write() as db:
            await self.store.remove(db, id)
            await db.invalidate(LIBRARIES_TAG)

    async def _get(self, db: Reading, id: UUID, caller: Caller) -> Library:
        found = await self.store.all(db, [id] if id in caller.libraries else [])
        return found[0] if found else absent("library", id)

    async def _scan(self, db: Reading, id: UUID, caller: Caller) -> Scan:
        scan = await self.scans.find(db, id)
        return scan if scan is not None and scan.library_id in caller.libraries else absent("scan", id)


class Files:
    """The files behind items, for whoever plays or sends them."""

    def __init__(self, database: Transactions) -> None:
        self.database = database
        self.store = FileRepository()

    async def get(self, id: UUID, caller: Caller) -> StoredFile:
        """Return the file, or NotFound when the caller may not see its library."""
        async with self.database.read() as db:
            found = await self.store.stored(db, [id])
        return found[0] if found and found[0].library_id in caller.libraries else absent("file", id)

    async def of_item(self, item: ItemRef, caller: Caller) -> list[StoredFile]:
        """Return the item's files, the largest first."""
        return await self._of_item(item, caller.libraries)

    async def of_library_item(self, item: ItemRef, library_id: UUID) -> list[StoredFile]:
        """Return the item's files, for work in the background that no caller asked for."""
        return await self._of_item(item, [library_id])

    async def _of_item(self, item: ItemRef, libraries: Sequence[UUID]) -> list[StoredFile]:
        async with self.database.read() as db:
            found = await self.store.of_items(db, item.kind, [item.id], libraries)
        return found.get(item.id, [])

    async def items_of(self, id: UUID) -> list[ItemRef]:
        """Return the items a file stands for."""
        async with self.database.read() as db:
            return await self.store.items_of(db, id)

    async def keyframes(self, id: UUID) -> bytes | None:
        """Return the packed keyframe index of a file, where one was made."""
        async with self.database.read() as db:
            return await self.store.keyframes(db, id)

    async def set_keyframes(self, id: UUID, packed: bytes) -> None:
        """Store a keyframe index that was made later than at the scan."""
        async with self.database.write() as db:
            await self.store.set_keyframes(db, id, packed)


def progress(scan: Scan) -> ScanProgressed:
    """Return the event that tells how far a scan is."""
    return ScanProgressed(
        library_id=scan.library_id, scan_id=scan.id, state=scan.state, found=scan.found, added=scan.added, changed=scan.changed,
        removed=scan.removed, failed=scan.failed, done=scan.done,
    )  # fmt: skip


def _name(text: str) -> str:
    """Return the name as it is kept; Invalid when it is all blanks."""
    if not (name := text.strip()):
        raise Invalid("A library needs a name.", code="name_blank", field="name")
    return name


def _checked(paths: Sequence[str]) -> list[str]:
    """Return the paths in one spelling; Invalid names the first one that is no readable folder, or lies within another."""
    folders = list(dict.fromkeys(_folder(path) for path in paths))
    for inner, outer in permutations(folders, 2):
        if Path(inner).resolve().is_relative_to(Path(outer).resolve()):
            raise Invalid(f"{inner} lies within {outer}, whose films are found already; leave it out.", code="path_nested", field="paths")
    return folders


def _folder(path: str) -> str:
    wrong = partial(Invalid, field="paths")
    if not path.startswith("/") or "\0" in path:
        raise wrong(f"{path!r} is not an absolute path; write it from the root, like /media/films.", code="path_relative")
    place = Path(os.path.normpath(path))
    try:
        if not place.is_dir():
            what = "is not a folder" if place.exists() else "does not exist on this server"
            raise wrong(f"{path} {what}; choose a folder.", code="path_not_a_folder")
        with os.scandir(place) as entries:
            next(entries, None)
    except PermissionError:
        raise wrong(
            f"{path} cannot be read by the user Revenge runs as; give it permission to read and enter the folder.", code="path_forbidden"
        ) from None
    except OSError as error:
        raise wrong(f"{path} cannot be read: {error.strerror}.", code="path_unreadable") from None
    return str(place)


def _folders(path: str) -> Folders:
    place = Path(_folder(path or "/"))
    names = []
    with os.scandir(place) as entries:
        for entry in entries:
            try:
                if entry.is_dir() and not entry.name.startswith(".") and entry.name.isprintable():
                    names.append(entry.name)
            except OSError:
                continue
    parent = None if place == place.parent else str(place.parent)
    return Folders(str(place), parent, [Folder(name, str(place / name)) for name in sorted(names, key=str.casefold)])
