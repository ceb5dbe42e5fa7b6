"""How libraries, their files and scans are found and stored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BindParameter, Text, Uuid, all_, and_, any_, bindparam, delete, exists, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Reading, Writing
from revenge.core.facts import MediaFacts
from revenge.core.ids import ItemRef
from revenge.core.page import Page, PageQuery
from revenge.infra.database import Listing, Sort, columns_of
from revenge.services.library.entity import Companion, KnownFile, Library, NewLibrary, Root, Scan, ScanError, StoredFile
from revenge.services.library.tables import files, item_files, libraries, roots, scan_errors, scan_steps, scans
from revenge.services.library.walk import Folder, Found

_UUIDS = ARRAY(Uuid())
_FOLDER = files.c.folder.type
_ID: BindParameter[UUID] = bindparam("id")
_IDS = any_(bindparam("ids", type_=_UUIDS))
_ACTIVE = scans.c.state == any_(literal(["queued", "running"], ARRAY(Text)))

# ---- libraries
_items = (
    select(func.count(func.distinct(tuple_(item_files.c.item_kind, item_files.c.item_id))))
    .join(files, files.c.id == item_files.c.file_id)
    .where(files.c.library_id == libraries.c.id, files.c.missing_since.is_(None))
    .scalar_subquery()
)
_LIBRARIES = select(libraries.c.id, libraries.c.name, libraries.c.kind, _items).order_by(func.lower(libraries.c.name))
_SEEN = _LIBRARIES.where(libraries.c.id == any_(bindparam("libraries", type_=_UUIDS)))
_ROOTS = select(roots.c.library_id, roots.c.path, roots.c.available).where(roots.c.library_id == _IDS).order_by(roots.c.path)
_LAST_SCANS = (
    select(*columns_of(Scan, scans))
    .where(scans.c.library_id == _IDS)
    .distinct(scans.c.library_id)
    .order_by(scans.c.library_id, scans.c.created_at.desc())
)
_LIBRARY_IDS = select(libraries.c.id).order_by(libraries.c.id)
_BY_NAME = select(libraries.c.id).where(func.lower(libraries.c.name) == func.lower(bindparam("name", type_=Text)))
_LIBRARY_KIND = select(libraries.c.kind).where(libraries.c.id == _ID)
_ROOTS_OF = select(roots.c.id, roots.c.path).where(roots.c.library_id == _ID).order_by(roots.c.path)
_ADD = insert(libraries).returning(libraries.c.id)
_RENAME = update(libraries).where(libraries.c.id == bindparam("key")).values(name=bindparam("name"))
_REMOVE = delete(libraries).where(libraries.c.id == _ID)
_KEEP_ROOTS = delete(roots).where(roots.c.library_id == _ID, roots.c.path != all_(bindparam("paths", type_=ARRAY(Text))))
_ADD_ROOT = upsert(roots).on_conflict_do_nothing()
_SEE_ROOT = update(roots).where(roots.c.id == bindparam("key")).values(available=bindparam("available"))

# ---- scans
_SCAN = select(*columns_of(Scan, scans)).where(scans.c.id == _ID)
_ACTIVE_SCAN = select(*columns_of(Scan, scans)).where(scans.c.library_id == _ID, _ACTIVE)
_ADD_SCAN = upsert(scans).on_conflict_do_nothing().returning(*columns_of(Scan, scans))
_START = (
    update(scans)
    .where(scans.c.id == bindparam("key"), scans.c.state == "queued")
    .values(state="running", started_at=func.now())
    .returning(*columns_of(Scan, scans))
)
_END = (
    update(scans)
    .where(scans.c.id == bindparam("key"), _ACTIVE)
    .values(state=bindparam("state"), finished_at=func.now())
    .returning(*columns_of(Scan, scans))
)
_COUNTS = ("found", "added", "changed", "removed", "failed", "done")
_COUNT = (
    update(scans)
    .where(scans.c.id == bindparam("key"), scans.c.state == "running")
    .values({count: scans.c[count] + bindparam(f"plus_{count}") for count in _COUNTS})
    .returning(*columns_of(Scan, scans))
)
_OPEN_STEP = exists().where(scan_steps.c.scan_id == scans.c.id, scan_steps.c.done.is_(False))
_COMPLETE = (
    update(scans)
    .where(scans.c.id == bindparam("key"), scans.c.state == "running", ~_OPEN_STEP)
    .values(state="completed", finished_at=func.now())
    .returning(*columns_of(Scan, scans))
)
_ADD_STEP = upsert(scan_steps).on_conflict_do_nothing()
_END_STEP = (
    update(scan_steps)
    .where(scan_steps.c.scan_id == bindparam("scan"), scan_steps.c.key == bindparam("step"), scan_steps.c.done.is_(False))
    .values(done=True)
    .returning(scan_steps.c.key)
)
_FORGET_STEPS = delete(scan_steps).where(scan_steps.c.scan_id == _ID)
_ADD_ERRORS = insert(scan_errors)
_ERRORS = Listing(
    select(scan_errors.c.path, scan_errors.c.reason, scan_errors.c.created_at).where(scan_errors.c.scan_id == bindparam("scan")),
    ScanError,
    {"at": Sort(scan_errors.c.id)},
)
_SCANS = Listing(
    select(*columns_of(Scan, scans)).where(scans.c.library_id == bindparam("library")),
    Scan,
    {"-created_at": Sort(scans.c.created_at.desc(), scans.c.id.desc())},
)

# ---- files
_KNOWN_COLUMNS = (
    files.c.id, roots.c.path, files.c.folder, files.c.name, files.c.size, files.c.mtime_ns, files.c.inode,
    files.c.state, files.c.missing_since.is_not(None), files.c.error, files.c.companions,
)  # fmt: skip
_known_files = select(*_KNOWN_COLUMNS).join(roots, roots.c.id == files.c.root_id)
_KNOWN = _known_files.where(
    files.c.root_id == bindparam("root"),
    files.c.folder > bindparam("after", type_=_FOLDER),
)
_KNOWN_FIRST = _known_files.where(files.c.root_id == bindparam("root"))
_UPTO = files.c.folder <= bindparam("upto", type_=_FOLDER)
_KNOWN_BY = {
    (False, False): _KNOWN_FIRST,
    (False, True): _KNOWN_FIRST.where(_UPTO),
    (True, False): _KNOWN,
    (True, True): _KNOWN.where(_UPTO),
}
_BY_INODE = _known_files.where(
    files.c.library_id == bindparam("library"), files.c.inode == any_(bindparam("inodes", type_=ARRAY(files.c.inode.type)))
)
_ANY_FILE = select(exists().where(files.c.root_id == bindparam("root"), files.c.missing_since.is_(None)))
_ADD_FILES = upsert(files).on_conflict_do_nothing().returning(files.c.id)
_CHANGE_FILE = (
    update(files)
    .where(files.c.id == bindparam("key"))
    .values(
        root_id=bindparam("root"), folder=bindparam("folder"), name=bindparam("name"), size=bindparam("size"), mtime_ns=bindparam("mtime_ns"),
        inode=bindparam("inode"), companions=bindparam("companions"), state=bindparam("state"), missing_since=None,
    )
)  # fmt: skip
_LOSE = update(files).where(files.c.id == _IDS, files.c.missing_since.is_(None)).values(missing_since=func.now())
_STORED_COLUMNS = (
    files.c.id, files.c.library_id, roots.c.path, files.c.folder, files.c.name, files.c.size, files.c.mtime_ns,
    and_(roots.c.available, files.c.missing_since.is_(None)), files.c.edition, files.c.companions, files.c.facts,
)  # fmt: skip
_stored = select(*_STORED_COLUMNS).join(roots, roots.c.id == files.c.root_id)
_STORED = _stored.where(files.c.id == _IDS)
_FILES_OF = (
    select(item_files.c.item_id, *_STORED_COLUMNS)
    .join(files, files.c.id == item_files.c.file_id)
    .join(roots, roots.c.id == files.c.root_id)
    .where(
        item_files.c.item_kind == bindparam("kind"),
        item_files.c.item_id == _IDS,
        files.c.library_id == any_(bindparam("libraries", type_=_UUIDS)),
        files.c.missing_since.is_(None),
    )
    .order_by(files.c.size.desc(), files.c.id)
)
_ITEMS_OF = select(item_files.c.item_kind, item_files.c.item_id).where(item_files.c.file_id == _ID).order_by(item_files.c.item_kind)
_KEYFRAMES = select(files.c.keyframes).where(files.c.id == _ID)
_PROBED = (
    update(files)
    .where(files.c.id == bindparam("key"))
    .values(state=bindparam("state"), facts=bindparam("facts", type_=JSONB), keyframes=bindparam("keyframes"), error=bindparam("error"))
)
_INDEXED = update(files).where(files.c.id == bindparam("key")).values(keyframes=bindparam("keyframes"))
_EDITION = update(files).where(files.c.id == bindparam("key")).values(edition=bindparam("edition"))
_UNLINK = delete(item_files).where(item_files.c.file_id == _IDS)
_LINK = upsert(item_files).on_conflict_do_nothing()


class LibraryRepository:
    """Rows of libraries, files and scans."""

    async def page(self, db: Reading, ids: Sequence[UUID]) -> list[Library]:
        """Return the libraries of these ids, by name, with their folders and last scans."""
        rows = (await db.execute(_SEEN, {"libraries": ids})).all()
        folders: dict[UUID, list[Root]] = {}
        for library_id, path, available in await db.execute(_ROOTS, {"ids": ids}):
            folders.setdefault(library_id, []).append(Root(path, available))
        last = {scan.library_id: scan for scan in (Scan(*row) for row in await db.execute(_LAST_SCANS, {"ids": ids}))}
        return [Library(id, name, kind, folders.get(id, []), items, last.get(id)) for id, name, kind, items in rows]

    async def ids(self, db: Reading) -> tuple[UUID, ...]:
        """Return the ids of all libraries."""
        return tuple((await db.execute(_LIBRARY_IDS)).scalars())

    async def find_by_name(self, db: Reading, name: str) -> UUID | None:
        """Return the library of that name, whatever its case."""
        id: UUID | None = (await db.execute(_BY_NAME, {"name": name})).scalar_one_or_none()
        return id

    async def find_kind(self, db: Reading, id: UUID) -> str | None:
        """Return what kind of media the library holds."""
        kind: str | None = (await db.execute(_LIBRARY_KIND, {"id": id})).scalar_one_or_none()
        return kind

    async def add(self, db: Writing, library: NewLibrary) -> UUID:
        """Store a library and its folders."""
        id: UUID = (await db.execute(_ADD, {"name": library.name, "kind": library.kind})).scalar_one()
        await self._add_roots(db, id, library.paths)
        return id

    async def rename(self, db: Writing, id: UUID, name: str) -> None:
        """Give the library another name."""
        await db.execute(_RENAME, {"key": id, "name": name})

    async def replace_roots(self, db: Writing, id: UUID, paths: Sequence[str]) -> None:
        """Make these the library's folders; files of folders that are left out are forgotten."""
        await db.execute(_KEEP_ROOTS, {"id": id, "paths": paths})
        await self._add_roots(db, id, paths)

    async def remove(self, db: Writing, id: UUID) -> None:
        """Forget a library and everything that was known about its files."""
        await db.execute(_REMOVE, {"id": id})

    async def roots(self, db: Reading, library_id: UUID) -> list[tuple[UUID, str]]:
        """Return ids and paths of the library's folders, by path."""
        return [(id, path) for id, path in await db.execute(_ROOTS_OF, {"id": library_id})]

    async def see_root(self, db: Writing, id: UUID, *, available: bool) -> None:
        """Note whether the folder can be seen."""
        await db.execute(_SEE_ROOT, {"key": id, "available": available})

    async def _add_roots(self, db: Writing, id: UUID, paths: Sequence[str]) -> None:
        await db.execute(_ADD_ROOT, [{"library_id": id, "path": path} for path in dict.fromkeys(paths)])


class ScanRepository:
    """Rows of scans, their steps and errors."""

    async def find(self, db: Reading, id: UUID) -> Scan | None:
        """Return the scan."""
        row = (await db.execute(_SCAN, {"id": id})).one_or_none()
        return row and Scan(*row)

    async def add(self, db: Writing, library_id: UUID) -> tuple[Scan, bool]:
        """Return a new scan and True, or the one that is queued or running already and False."""
        row = (await db.execute(_ADD_SCAN, {"library_id": library_id})).one_or_none()
        if row is not None:
            return Scan(*row), True
        return Scan(*(await db.execute(_ACTIVE_SCAN, {"id": library_id})).one()), False

    async def start(self, db: Writing, id: UUID) -> Scan | None:
        """Set a queued scan running; None when it is not queued."""
        row = (await db.execute(_START, {"key": id})).one_or_none()
        return row and Scan(*row)

    async def end(self, db: Writing, id: UUID, state: str) -> Scan | None:
        """End an active scan; None when it had ended before."""
        row = (await db.execute(_END, {"key": id, "state": state})).one_or_none()
        if row is not None:
            await db.execute(_FORGET_STEPS, {"id": id})
        return row and Scan(*row)

    async def count(self, db: Writing, id: UUID, **plus: int) -> Scan | None:
        """Add to the counts of a running scan, and lock its row until the transaction ends; None when it is not running."""
        row = (await db.execute(_COUNT, {"key": id, **{f"plus_{count}": plus.get(count, 0) for count in _COUNTS}})).one_or_none()
        return row and Scan(*row)

    async def complete(self, db: Writing, id: UUID) -> Scan | None:
        """Complete the scan when no step is open. Call it after `count`: its lock makes the last two steps see each other."""
        row = (await db.execute(_COMPLETE, {"key": id})).one_or_none()
        if row is not None:
            await db.execute(_FORGET_STEPS, {"id": id})
        return row and Scan(*row)

    async def open_steps(self, db: Writing, id: UUID, steps: Sequence[str]) -> None:
        """Note steps that must end before the scan is complete."""
        if steps:
            await db.execute(_ADD_STEP, [{"scan_id": id, "key": step} for step in steps])

    async def end_step(self, db: Writing, id: UUID, step: str) -> bool:
        """Note that a step has ended; False when it had before: a job that came twice."""
        return (await db.execute(_END_STEP, {"scan": id, "step": step})).one_or_none() is not None

    async def add_errors(self, db: Writing, id: UUID, errors: Sequence[tuple[str, str]]) -> None:
        """Store (path, reason) pairs."""
        if errors:
            await db.execute(_ADD_ERRORS, [{"scan_id": id, "path": path, "reason": reason} for path, reason in errors])

    async def errors(self, db: Reading, id: UUID, query: PageQuery) -> Page[ScanError]:
        """Return a page of a scan's errors, oldest first."""
        return await _ERRORS.page(db, query, "at", {"scan": id})

    async def page(self, db: Reading, library_id: UUID, query: PageQuery) -> Page[Scan]:
        """Return a page of a library's scans, newest first."""
        return await _SCANS.page(db, query, "-created_at", {"library": library_id})


class FileRepository:
    """Rows of files and the items they stand for."""

    async def known(self, db: Reading, root: UUID, after: Folder | None, upto: Folder | None) -> list[KnownFile]:
        """Return the root's files in the folders of `(after, upto]`; None is no bound."""
        bounds: dict[str, Any] = {"root": root}
        bounds |= {} if after is None else {"after": list(after)}
        bounds |= {} if upto is None else {"upto": list(upto)}
        return [_known(row) for row in await db.execute(_KNOWN_BY[after is not None, upto is not None], bounds)]

    async def known_by_inode(self, db: Reading, library_id: UUID, inodes: Sequence[int]) -> list[KnownFile]:
        """Return the library's files that had one of these inodes: where a moved file is recognised."""
        if not inodes:
            return []
        return [_known(row) for row in await db.execute(_BY_INODE, {"library": library_id, "inodes": [_signed(inode) for inode in inodes]})]

    async def any_known(self, db: Reading, root: UUID) -> bool:
        """Whether the root ever held a file that is not missing."""
        return bool((await db.execute(_ANY_FILE, {"root": root})).scalar_one())

    async def add(self, db: Writing, library_id: UUID, root: UUID, found: Sequence[Found]) -> list[UUID]:
        """Store new files; those another scan stored meanwhile are left out of the answer."""
        if not found:
            return []
        rows = [{"library_id": library_id, "root_id": root, **_placed(file)} for file in found]
        return list((await db.execute(_ADD_FILES, rows)).scalars())

    async def change(self, db: Writing, root: UUID, changes: Sequence[tuple[UUID, Found, str]]) -> None:
        """Note where files lie and how large they are now, and in which state that puts them."""
        if changes:
            rows = [{"key": id, "root": root, "state": state, **_placed(file)} for id, file, state in changes]
            await db.execute(_CHANGE_FILE, rows)

    async def lose(self, db: Writing, ids: Sequence[UUID]) -> None:
        """Note that files are gone from a folder that can be seen."""
        if ids:
            await db.execute(_LOSE, {"ids": ids})

    async def stored(self, db: Reading, ids: Sequence[UUID]) -> list[StoredFile]:
        """Return the files of these ids."""
        return [_stored_file(row) for row in await db.execute(_STORED, {"ids": ids})]

    async def of_items(self, db: Reading, kind: str, ids: Sequence[UUID], libraries: Sequence[UUID]) -> dict[UUID, list[StoredFile]]:
        """Return the files of each item, largest first; missing files are left out."""
        found: dict[UUID, list[StoredFile]] = {}
        for item_id, *row in await db.execute(_FILES_OF, {"kind": kind, "ids": ids, "libraries": libraries}):
            found.setdefault(item_id, []).append(_stored_file(row))
        return found

    async def items_of(self, db: Reading, id: UUID) -> list[ItemRef]:
        """Return the items a file stands for."""
        return [ItemRef(kind, item) for kind, item in await db.execute(_ITEMS_OF, {"id": id})]

    async def keyframes(self, db: Reading, id: UUID) -> bytes | None:
        """Return the packed keyframe index of a file."""
        packed: bytes | None = (await db.execute(_KEYFRAMES, {"id": id})).scalar_one_or_none()
        return packed

    async def set_keyframes(self, db: Writing, id: UUID, packed: bytes) -> None:
        """Store the packed keyframe index of a file."""
        await db.execute(_INDEXED, {"key": id, "keyframes": packed})

    async def probed(self, db: Writing, results: Mapping[UUID, tuple[MediaFacts, bytes | None] | str]) -> None:
        """Store what probing found: facts and keyframes, or the reason why not."""
        if results:
            await db.execute(_PROBED, [_probed(id, result) for id, result in results.items()])

    async def link(self, db: Writing, links: Sequence[tuple[UUID, ItemRef, str | None]]) -> None:
        """Make each file stand for its item, and no other, as that edition."""
        if not links:
            return
        await db.execute(_UNLINK, {"ids": [file for file, _, _ in links]})
        await db.execute(_LINK, [{"item_kind": item.kind, "item_id": item.id, "file_id": file} for file, item, _ in links])
        await db.execute(_EDITION, [{"key": file, "edition": edition} for file, _, edition in links])


def _placed(file: Found) -> dict[str, Any]:
    return {
        "folder": list(file.folder),
        "name": file.name,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "inode": _signed(file.inode),
        "companions": msgspec.to_builtins(file.companions),
    }


def _signed(inode: int) -> int:
    """Inodes are unsigned, bigint is not."""
    return inode - (1 << 64) if inode >= 1 << 63 else inode


def _probed(id: UUID, result: tuple[MediaFacts, bytes | None] | str) -> dict[str, Any]:
    if isinstance(result, str):
        return {"key": id, "state": "failed", "facts": None, "keyframes": None, "error": result}
    facts, keyframes = result
    return {"key": id, "state": "probed", "facts": msgspec.to_builtins(facts), "keyframes": keyframes, "error": None}


def _known(row: Sequence[Any]) -> KnownFile:
    id, root, folder, name, size, mtime_ns, inode, state, missing, error, companions = row
    return KnownFile(
        id,
        root,
        tuple(folder),
        name,
        size,
        mtime_ns,
        inode % (1 << 64),
        state,
        missing,
        error,
        msgspec.convert(companions, list[Companion]),
    )


def _stored_file(row: Sequence[Any]) -> StoredFile:
    id, library_id, root, folder, name, size, mtime_ns, available, edition, companions, facts = row
    return StoredFile(
        id, library_id, root, tuple(folder), name, size, mtime_ns, available, edition,
        msgspec.convert(companions, list[Companion]), None if facts is None else msgspec.convert(facts, MediaFacts),
    )  # fmt: skip
