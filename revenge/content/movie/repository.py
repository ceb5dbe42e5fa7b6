"""How films are found and stored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, SmallInteger, Text, Uuid, any_, bindparam, cast, column, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.content.movie.entity import KIND, Movie, MovieQuery, NewMovie, Person
from revenge.content.movie.tables import movies
from revenge.core.data import Reading, Writing
from revenge.core.page import Page
from revenge.infra.database import Listing, Sort, columns_of
from revenge.services.library.standing import has_files, is_available
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
_CARDS = _CARD.where(movies.c.id == any_(_IDS))
_ALL = select(*columns_of(Movie, movies)).where(movies.c.id == any_(_IDS), movies.c.present)
_NEW = {"title": Text, "title_sort": Text, "year": SmallInteger, "match_key": Text, "external_ids": Text}
_WANTED = (
    func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in _NEW.items()))
    .table_valued(*(column(name, kind) for name, kind in _NEW.items()), name="wanted")
    .render_derived()
)
# In the order of their keys, so that two batches never wait for each other in a circle.
_INSERT = upsert(movies).from_select(
    ["library_id", *_NEW],
    select(
        bindparam("library", type_=Uuid()),
        *(_WANTED.c[name] for name in _NEW if name != "external_ids"),
        cast(_WANTED.c.external_ids, JSONB),
    ).order_by(_WANTED.c.match_key),
)
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=["library_id", "match_key"],
    set_={"present": True, "available": True, "external_ids": movies.c.external_ids.op("||")(_INSERT.excluded.external_ids)},
).returning(movies.c.match_key, movies.c.id, literal_column("xmax = 0"))
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
_encode = msgspec.json.Encoder().encode


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

    async def keep(self, db: Writing, library_id: UUID, wanted: Sequence[NewMovie]) -> dict[str, tuple[UUID, bool]]:
        """Return for each match key the library's film and whether it was made just now. No key may come twice."""
        rows = [{**msgspec.structs.asdict(movie), "external_ids": _encode(movie.external_ids).decode()} for movie in wanted]
        lists = {name: [row[name] for row in rows] for name in _NEW}
        return {key: (id, is_new) for key, id, is_new in await db.execute(_KEEP, {"library": library_id, **lists})}

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
