"""How films are found and stored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict
from sqlalchemy import (
    ARRAY,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.content.movie.entity import KIND, Movie, MovieQuery, NewMovie, Person
from revenge.content.movie.tables import movies
from revenge.core.data import Reading, Writing
from revenge.core.page import Page
from revenge.infra.database import Listing, Sort, columns_of, given, rows
from revenge.services.library.standing import has_files, is_available, standing_files
from revenge.services.playback.standing import with_progress

_LIBRARIES = bindparam("libraries", type_=ARRAY(Uuid()))
_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_VISIBLE = movies.c.library_id == any_(_LIBRARIES)
_CARD = select(movies.c.id, movies.c.title, movies.c.year, movies.c.available, movies.c.poster_id, movies.c.poster_blurhash).where(_VISIBLE)
_YEAR = func.coalesce(movies.c.year, literal_column("0"))
SORTS = {
    "title": Sort(movies.c.title_sort, movies.c.id),
    "-title": Sort(movies.c.title_sort.desc(), movies.c.id.desc()),
    "added_at": Sort(movies.c.added_at, movies.c.id),
    "-added_at": Sort(movies.c.added_at.desc(), movies.c.id.desc()),
    "year": Sort(_YEAR, movies.c.id),
    "-year": Sort(_YEAR.desc(), movies.c.id.desc()),
}
_FIND = select(*columns_of(Movie, movies)).where(movies.c.id == bindparam("id"), _VISIBLE)
_CARDS = _CARD.where(movies.c.id == any_(_IDS), movies.c.present)
_ALL = select(*columns_of(Movie, movies)).where(movies.c.id == any_(_IDS), movies.c.present)
_NAMED = {"title": Text, "title_sort": Text, "year": SmallInteger, "match_key": Text}
_NEW = {**_NAMED, "external_ids": JSONB}
_WANTED = given(**_NEW)
# In the order of their keys, so that two batches never wait for each other in a circle.
_INSERT = upsert(movies).from_select(
    ["library_id", *_NEW],
    select(
        bindparam("library", type_=Uuid()),
        *(_WANTED.c[name] for name in _NEW),
    ).order_by(_WANTED.c.match_key),
)
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=["library_id", "match_key"],
    set_={"present": True, "available": True, "external_ids": movies.c.external_ids.op("||")(_INSERT.excluded.external_ids)},
).returning(movies.c.match_key, movies.c.id, literal_column("xmax = 0"))
_SAID = given(file_id=Uuid, **_NAMED)
_STANDING = standing_files(KIND)
_TOUCHED = select(_STANDING.c.item_id).join(_SAID, _SAID.c.file_id == _STANDING.c.file_id)
_TOUCHES = select(exists(_TOUCHED))
# Films all of whose files bear one other name now; the first of several that would bear the same one.
_AGREED = (
    select(movies.c.id, *(func.min(_SAID.c[name]).label(name) for name in _NAMED))
    .join(_STANDING, _STANDING.c.item_id == movies.c.id)
    .outerjoin(_SAID, _SAID.c.file_id == _STANDING.c.file_id)
    .where(movies.c.library_id == bindparam("library", type_=Uuid()), movies.c.id.in_(_TOUCHED))
    .group_by(movies.c.id)
    .having(
        and_(
            func.count() == func.count(_SAID.c.file_id),
            func.min(_SAID.c.match_key) == func.max(_SAID.c.match_key),
            func.min(_SAID.c.match_key) != movies.c.match_key,
        )
    )
    .subquery()
)
_RENAMED = select(_AGREED).distinct(_AGREED.c.match_key).order_by(_AGREED.c.match_key, _AGREED.c.id).subquery("renamed")
_OTHER = movies.alias("other")
_TAKEN = exists().where(_OTHER.c.library_id == movies.c.library_id, _OTHER.c.match_key == _RENAMED.c.match_key)


def _unless_locked(field: str, name: str) -> Any:
    return case((literal(field) == any_(movies.c.locked), movies.c[name]), else_=_RENAMED.c[name])


_RENAME = (
    update(movies)
    .where(movies.c.id == _RENAMED.c.id, ~_TAKEN)
    .values(
        match_key=_RENAMED.c.match_key,
        title=_unless_locked("title", "title"),
        title_sort=_unless_locked("title", "title_sort"),
        year=_unless_locked("year", "year"),
    )
    .returning(movies.c.id)
)
_PRESENT = has_files(KIND, movies.c.id)
_AVAILABLE = is_available(KIND, movies.c.id)
_SETTLE = (
    update(movies)
    .where(
        movies.c.library_id == bindparam("library"),
        (movies.c.present != _PRESENT) | (movies.c.available != _AVAILABLE),
    )
    .values(present=_PRESENT, available=_AVAILABLE)
    .returning(movies.c.id)
)
_JSON = frozenset({"people", "external_ids"})


class Card(msgspec.Struct, frozen=True):
    """A film's row in a list."""

    id: UUID
    title: str
    year: int | None
    available: bool
    poster_id: UUID | None
    poster_blurhash: str | None
    position_ms: int | None = None
    """How far the caller has come, with `duration_ms` and `watched`; None where they have not begun."""
    duration_ms: int = 0
    watched: bool = False


_LIST = Listing(with_progress(_CARD.where(movies.c.present), KIND, movies.c.id), Card, SORTS)


class MovieRepository:
    """Rows of films."""

    async def page(self, db: Reading, query: MovieQuery, libraries: Sequence[UUID], viewer: UUID) -> Page[Card]:
        """Return one page of the films in these libraries, with how far that person has come."""
        return await _LIST.page(db, query, query.sort, {"libraries": libraries, "viewer": viewer})

    async def cards(self, db: Reading, ids: Sequence[UUID], libraries: Sequence[UUID]) -> list[Card]:
        """Return the cards of these films, in no order."""
        return [Card(*row) for row in await db.execute(_CARDS, {"ids": ids, "libraries": libraries})]

    async def find(self, db: Reading, id: UUID, libraries: Sequence[UUID]) -> Movie | None:
        """Return the film, if it lies in one of these libraries."""
        row = (await db.execute(_FIND, {"id": id, "libraries": libraries})).one_or_none()
        return row and _movie(row)

    async def of_ids(self, db: Reading, ids: Sequence[UUID]) -> list[Movie]:
        """Return the films of these ids that have files."""
        return [_movie(row) for row in await db.execute(_ALL, {"ids": ids})]

    async def rename(self, db: Writing, library_id: UUID, said: Mapping[UUID, NewMovie]) -> list[UUID]:
        """Give films the name that all their files bear now, unless another film has it; return those. `said` is by file."""
        named = rows([{"file_id": id, **asdict(film)} for id, film in said.items()])
        if not (await db.execute(_TOUCHES, named)).scalar_one():  # none of them was seen before
            return []
        return list((await db.execute(_RENAME, {"library": library_id, **named})).scalars())

    async def keep(self, db: Writing, library_id: UUID, wanted: Sequence[NewMovie]) -> dict[str, tuple[UUID, bool]]:
        """Return for each match key the library's film and whether it was made just now. No key may come twice."""
        return {key: (id, is_new) for key, id, is_new in await db.execute(_KEEP, {"library": library_id, **rows(wanted)})}

    async def change(self, db: Writing, id: UUID, values: Mapping[str, Any]) -> None:
        """Set these columns of a film."""
        if values:
            plain = {name: msgspec.to_builtins(value) if name in _JSON else value for name, value in values.items()}
            await db.execute(update(movies).where(movies.c.id == id).values(**plain))

    async def settle(self, db: Writing, library_id: UUID) -> list[UUID]:
        """Note which films have files and visible disks; return those where that changed."""
        return list((await db.execute(_SETTLE, {"library": library_id})).scalars())


def _movie(row: Sequence[Any]) -> Movie:
    movie = Movie(*row)
    return msgspec.structs.replace(movie, people=msgspec.convert(movie.people, list[Person]))
