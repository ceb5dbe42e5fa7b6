"""How libraries and their folders are found and stored."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Text,
    Uuid,
    all_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from revenge.core.data import Reading, Writing
from revenge.core.errors import Conflict
from revenge.core.page import Page, PageQuery
from revenge.infra.database import Listing, Sort, columns_of
from revenge.services.library.entity import Library, NewLibrary, Root, Scan
from revenge.services.library.tables import files, item_files, libraries, roots, scans

_UUIDS = ARRAY(Uuid())
_ID: BindParameter[UUID] = bindparam("id")
_IDS = any_(bindparam("ids", type_=_UUIDS))

_items = (
    select(func.count(func.distinct(tuple_(item_files.c.item_kind, item_files.c.item_id))))
    .join(files, files.c.id == item_files.c.file_id)
    .where(files.c.library_id == libraries.c.id, files.c.missing_since.is_(None))
    .scalar_subquery()
)
_LIBRARIES = select(libraries.c.id, libraries.c.name, libraries.c.kind, _items).order_by(func.lower(libraries.c.name))
_SEEN = _LIBRARIES.where(libraries.c.id == any_(bindparam("libraries", type_=_UUIDS)))
_BY_PAGE = Listing(
    select(libraries.c.id).where(libraries.c.id == any_(bindparam("libraries", type_=_UUIDS))),
    lambda id: id,
    {"name": Sort(func.lower(libraries.c.name), libraries.c.id)},
)
_ROOTS = select(roots.c.library_id, roots.c.path, roots.c.available).where(roots.c.library_id == _IDS).order_by(roots.c.path)
_LAST_SCANS = (
    select(*columns_of(Scan, scans))
    .where(scans.c.library_id == _IDS)
    .distinct(scans.c.library_id)
    .order_by(scans.c.library_id, scans.c.created_at.desc())
)
_LIBRARY_IDS = select(libraries.c.id).order_by(libraries.c.id)
_LIBRARY_KIND = select(libraries.c.kind).where(libraries.c.id == _ID)
_ROOTS_OF = select(roots.c.id, roots.c.path).where(roots.c.library_id == _ID).order_by(roots.c.path)
_ADD = insert(libraries).returning(libraries.c.id)
_RENAME = update(libraries).where(libraries.c.id == bindparam("key")).values(name=bindparam("name"))
_REMOVE = delete(libraries).where(libraries.c.id == _ID)
_KEEP_ROOTS = delete(roots).where(roots.c.library_id == _ID, roots.c.path != all_(bindparam("paths", type_=ARRAY(Text))))
_ADD_ROOT = upsert(roots).on_conflict_do_nothing()
_SEE_ROOT = update(roots).where(roots.c.id == bindparam("key")).values(available=bindparam("available"))


class LibraryRepository:
    """Rows of libraries, files and scans."""

    async def page(self, db: Reading, query: PageQuery, ids: Sequence[UUID]) -> Page[Library]:
        """Return one page of the libraries of these ids, by name."""
        page: Page[UUID] = await _BY_PAGE.page(db, query, "name", {"libraries": ids})
        return Page(await self.all(db, page.items), page.next)

    async def all(self, db: Reading, ids: Sequence[UUID]) -> list[Library]:
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

    async def find_kind(self, db: Reading, id: UUID) -> str | None:
        """Return what kind of media the library holds."""
        kind: str | None = (await db.execute(_LIBRARY_KIND, {"id": id})).scalar_one_or_none()
        return kind

    async def add(self, db: Writing, library: NewLibrary) -> UUID:
        """Store a library and its folders; Conflict when its name is taken, whatever its case."""
        try:
            id: UUID = (await db.execute(_ADD, {"name": library.name, "kind": library.kind})).scalar_one()
        except IntegrityError as error:
            raise _taken(error, library.name) from None
        await self._add_roots(db, id, library.paths)
        return id

    async def rename(self, db: Writing, id: UUID, name: str) -> None:
        """Give the library another name; Conflict when that is taken."""
        try:
            await db.execute(_RENAME, {"key": id, "name": name})
        except IntegrityError as error:
            raise _taken(error, name) from None

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


def _taken(error: IntegrityError, name: str) -> Exception:
    """Return the error that says what is taken; any other broken rule is ours and stays as it is."""
    if "libraries_by_name" not in str(error.orig):
        return error
    return Conflict(f"There is a library called {name!r} already; choose another name.", code="library_exists", field="name")
