"""How files, and the items they stand for, are found and stored."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Interval,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Reading, Writing
from revenge.core.facts import MediaFacts
from revenge.core.ids import ItemRef
from revenge.infra.database import given, rows
from revenge.media.errors import Fault
from revenge.media.probed import Outcome, ProbeFailed
from revenge.services.library.entity import Companion, KnownFile, StoredFile
from revenge.services.library.tables import files, item_files, roots
from revenge.services.library.walk import Folder, Found

_UUIDS = ARRAY(Uuid())
_FOLDER = files.c.folder.type
_ID: BindParameter[UUID] = bindparam("id")
_IDS = any_(bindparam("ids", type_=_UUIDS))

_KNOWN_COLUMNS = (
    files.c.id, roots.c.path, files.c.folder, files.c.name, files.c.size, files.c.mtime_ns, files.c.inode,
    files.c.state, files.c.missing_since.is_not(None), files.c.error, files.c.fault, files.c.companions,
    exists().where(item_files.c.file_id == files.c.id),
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
_PLACE = {"folder": ARRAY(Text), "name": Text, "size": BigInteger, "mtime_ns": BigInteger, "inode": BigInteger, "companions": JSONB}
_NEW = given(**_PLACE)
_ADD_FILES = (
    upsert(files)
    .from_select(
        ["library_id", "root_id", *_PLACE],
        select(bindparam("library", type_=Uuid()), bindparam("root", type_=Uuid()), *(_NEW.c[name] for name in _PLACE)),
    )
    .on_conflict_do_nothing()
    .returning(files.c.id)
)
_CHANGED = given(id=Uuid, state=Text, **_PLACE)
_CHANGE_FILES = (
    update(files)
    .where(files.c.id == _CHANGED.c.id)
    .values(root_id=bindparam("root"), missing_since=None, **{name: _CHANGED.c[name] for name in ("state", *_PLACE)})
)
_LOSE = update(files).where(files.c.id == _IDS, files.c.missing_since.is_(None)).values(missing_since=func.now())
_FORGET = delete(files).where(files.c.missing_since < func.now() - bindparam("age", type_=Interval()))
_STORED_COLUMNS = (
    files.c.id, files.c.library_id, roots.c.path, files.c.folder, files.c.name, files.c.size, files.c.mtime_ns,
    and_(roots.c.available, files.c.missing_since.is_(None)), files.c.edition, files.c.companions, files.c.facts,
)  # fmt: skip
_stored = select(*_STORED_COLUMNS).join(roots, roots.c.id == files.c.root_id)
_STORED = _stored.where(files.c.id == _IDS)
_PLACES = (
    select(files.c.id, roots.c.path, files.c.folder, files.c.name).join(roots, roots.c.id == files.c.root_id).where(files.c.id == _IDS)
)
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
_UNCUT = _stored.join(item_files, item_files.c.file_id == files.c.id).where(
    item_files.c.item_kind == bindparam("kind"),
    item_files.c.item_id == bindparam("item"),
    files.c.keyframes.is_(None),
    files.c.missing_since.is_(None),
    files.c.state == "probed",
)
_ITEMS_OF = select(item_files.c.item_kind, item_files.c.item_id).where(item_files.c.file_id == _ID).order_by(item_files.c.item_kind)
_KEYFRAMES = select(files.c.keyframes).where(files.c.id == _ID)
_SEEN = given(id=Uuid, state=Text, facts=JSONB, keyframes=Text, error=Text, fault=Text)
_PROBED = (
    update(files)
    .where(files.c.id == _SEEN.c.id)
    .values(
        state=_SEEN.c.state,
        facts=_SEEN.c.facts,
        keyframes=func.decode(_SEEN.c.keyframes, literal_column("'base64'")),
        error=_SEEN.c.error,
        fault=_SEEN.c.fault,
    )
)
_INDEXED = update(files).where(files.c.id == bindparam("key")).values(keyframes=bindparam("keyframes"))
_KEPT = given(file=Uuid, kind=Text, item=Uuid, edition=Text)
_UNLINK = delete(item_files).where(
    item_files.c.file_id == _KEPT.c.file, (item_files.c.item_kind != _KEPT.c.kind) | (item_files.c.item_id != _KEPT.c.item)
)
_LINK = (
    upsert(item_files)
    .from_select(["file_id", "item_kind", "item_id"], select(_KEPT.c.file, _KEPT.c.kind, _KEPT.c.item))
    .on_conflict_do_nothing()
)
# Rows that stay as they are are not written: each would be another version of a large row.
_EDITION = (
    update(files).where(files.c.id == _KEPT.c.file, files.c.edition.is_distinct_from(_KEPT.c.edition)).values(edition=_KEPT.c.edition)
)


class Place(Struct, frozen=True):
    """Where a file lies."""

    id: UUID
    path: str


class Seen(Struct, frozen=True):
    """What a look into a file changes in its row."""

    id: UUID
    state: str
    facts: MediaFacts | None = None
    keyframes: bytes | None = None
    error: str | None = None
    fault: Fault | None = None


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
        values = {"library": library_id, "root": root, **rows([_placed(file) for file in found])}
        return list((await db.execute(_ADD_FILES, values)).scalars())

    async def change(self, db: Writing, root: UUID, changes: Sequence[tuple[UUID, Found, str]]) -> None:
        """Note where files lie and how large they are now, and in which state that puts them."""
        if changes:
            placed = [{"id": id, "state": state, **_placed(file)} for id, file, state in changes]
            await db.execute(_CHANGE_FILES, {"root": root, **rows(placed)})

    async def lose(self, db: Writing, ids: Sequence[UUID]) -> None:
        """Note that files are gone from a folder that can be seen."""
        if ids:
            await db.execute(_LOSE, {"ids": ids})

    async def forget(self, db: Writing, age: timedelta) -> int:
        """Remove files that have been missing for longer than that; return how many."""
        return int((await db.execute(_FORGET, {"age": age})).rowcount)

    async def places(self, db: Reading, ids: Sequence[UUID]) -> list[Place]:
        """Return where the files of these ids lie, folder by folder."""
        found = (Place(id, "/".join((root, *folder, name))) for id, root, folder, name in await db.execute(_PLACES, {"ids": ids}))
        return sorted(found, key=lambda place: place.path)

    async def stored(self, db: Reading, ids: Sequence[UUID]) -> list[StoredFile]:
        """Return the files of these ids."""
        return [_stored_file(row) for row in await db.execute(_STORED, {"ids": ids})]

    async def of_items(self, db: Reading, kind: str, ids: Sequence[UUID], libraries: Sequence[UUID]) -> dict[UUID, list[StoredFile]]:
        """Return the files of each item, largest first; missing files are left out."""
        found: dict[UUID, list[StoredFile]] = {}
        for item_id, *row in await db.execute(_FILES_OF, {"kind": kind, "ids": ids, "libraries": libraries}):
            found.setdefault(item_id, []).append(_stored_file(row))
        return found

    async def without_keyframes(self, db: Reading, item: ItemRef) -> list[StoredFile]:
        """Return the item's readable files whose keyframes nobody has looked for, or that have none."""
        return [_stored_file(row) for row in await db.execute(_UNCUT, {"kind": item.kind, "item": item.id})]

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

    async def probed(self, db: Writing, results: Mapping[UUID, Outcome]) -> None:
        """Store what probing found: facts and keyframes, or the reason why not."""
        if results:
            await db.execute(_PROBED, rows([_seen(id, result) for id, result in results.items()]))

    async def link(self, db: Writing, links: Sequence[tuple[UUID, ItemRef, str | None]]) -> None:
        """Make each file stand for its item, and no other, as that edition."""
        if not links:
            return
        kept = rows([{"file": file, "kind": item.kind, "item": item.id, "edition": edition} for file, item, edition in links])
        for statement in (_UNLINK, _LINK, _EDITION):
            await db.execute(statement, kept)


def _placed(file: Found) -> dict[str, Any]:
    return {
        "folder": file.folder,
        "name": file.name,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "inode": _signed(file.inode),
        "companions": file.companions,
    }


def _signed(inode: int) -> int:
    """Inodes are unsigned, bigint is not."""
    return inode - (1 << 64) if inode >= 1 << 63 else inode


def _seen(id: UUID, result: Outcome) -> Seen:
    if isinstance(result, ProbeFailed):  # one that may be readable another time stays new: the next scan looks again
        return Seen(id, "new" if result.again else "failed", error=result.reason, fault=result.fault)
    return Seen(id, "probed", result.facts, result.index)


def _known(row: Sequence[Any]) -> KnownFile:
    id, root, folder, name, size, mtime_ns, inode, state, missing, error, fault, companions, kept = row
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
        fault,
        msgspec.convert(companions, list[Companion]),
        kept,
    )


def _stored_file(row: Sequence[Any]) -> StoredFile:
    id, library_id, root, folder, name, size, mtime_ns, available, edition, companions, facts = row
    return StoredFile(
        id, library_id, root, tuple(folder), name, size, mtime_ns, available, edition,
        msgspec.convert(companions, list[Companion]), None if facts is None else msgspec.convert(facts, MediaFacts),
    )  # fmt: skip
