"""Searching with PostgreSQL: full text for whole and unfinished words, trigrams for misspelled ones, and the year beside them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    SmallInteger,
    Text,
    TextClause,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Transactions, Writing
from revenge.core.ids import ItemRef
from revenge.infra.database import given, rows
from revenge.services.search.asked import Asked, asked, beginnings
from revenge.services.search.entity import Document, Hits
from revenge.services.search.tables import documents


def _plain(words: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a text in lower case and without accents: the one form in which words are kept and compared."""
    return func.unaccent(func.lower(words))


def _vector(words: ColumnElement[Any], weight: str) -> ColumnElement[Any]:
    return func.setweight(func.to_tsvector(literal_column("'simple'::regconfig"), _plain(words)), literal_column(f"'{weight}'"))


_GIVEN = given(kind=Text, id=Uuid, library=Uuid, title=Text, year=SmallInteger, words=Text)
_INSERT = upsert(documents).from_select(
    ["item_kind", "item_id", "library_id", "title", "year", "words"],
    select(
        *(_GIVEN.c.kind, _GIVEN.c.id, _GIVEN.c.library, _plain(_GIVEN.c.title), _GIVEN.c.year),
        _vector(_GIVEN.c.title, "A").op("||")(_vector(_GIVEN.c.words, "C")),
    ),
)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["item_kind", "item_id"],
    set_={name: _INSERT.excluded[name] for name in ("library_id", "title", "year", "words")},
)
_DROP = delete(documents).where(
    documents.c.item_kind == bindparam("kind"), documents.c.item_id == any_(bindparam("ids", type_=ARRAY(Uuid())))
)


def _begins(title: str) -> str:
    return f"document.title like replace(replace(replace({title}, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'"


_WORDS = f"document.words @@ asked.words or {_begins('asked.title')}"
_BARE = f"document.words @@ asked.bare or {_begins('asked.bare_title')}"
_EXACT = f"{_WORDS} or (document.year = asked.year and ({_BARE}))"
_ALIKE = "coalesce(nullif(asked.bare_title, ''), asked.title) <% document.title"
_TYPES = (
    bindparam("libraries", type_=ARRAY(Uuid())),
    bindparam("kinds", type_=ARRAY(Text())),
    bindparam("words", type_=Text()),
    bindparam("query", type_=Text()),
    bindparam("bare", type_=Text()),
    bindparam("bare_query", type_=Text()),
    bindparam("year", type_=SmallInteger()),
)


def _find(condition: str) -> TextClause:
    """Return the statement that ranks what fulfils the condition, a few of each kind with its total.

    Without a year everything bare is null, which `greatest` passes over. A year beside the right one is nearly right: films are dated by their
    first showing or by their first day in the cinema.
    """
    return text(f"""
    with asked as (
        select unaccent(lower(:words)) as title, to_tsquery('simple', unaccent(:query)) as words,
               unaccent(lower(:bare)) as bare_title, to_tsquery('simple', unaccent(:bare_query)) as bare, :year as year
    ),
    hits as (
        select document.item_kind, document.item_id, document.title,
               2 * greatest(ts_rank(document.words, asked.words), ts_rank(document.words, asked.bare))
               + greatest(word_similarity(asked.title, document.title), word_similarity(asked.bare_title, document.title))
               + starts_with(document.title, asked.title)::int
               + coalesce(1.0 / (1 + abs(document.year - asked.year)), 0) as rank
        from shared.search_documents document, asked
        where document.library_id = any(:libraries)
          and (cardinality(:kinds) = 0 or document.item_kind = any(:kinds))
          and ({condition})
    )
    select item_kind, item_id, total from (
        select item_kind, item_id,
               row_number() over (partition by item_kind order by rank desc, title, item_id) as place,
               count(*) over (partition by item_kind) as total
        from hits
    ) ranked
    where place <= :most
    order by item_kind, place
    """).bindparams(*_TYPES)  # noqa: S608 - all conditions stand above


_FIND_EXACT, _FIND_BARE, _FIND_ALIKE = _find(_EXACT), _find(_BARE), _find(_ALIKE)


class PostgresIndex:
    """Documents in a table, found by two GIN indexes."""

    def __init__(self, database: Transactions) -> None:
        self.database = database

    async def put(self, db: Writing, found: Sequence[Document]) -> None:
        """Make these the documents of their items, in the caller's transaction."""
        if found:
            await db.execute(_PUT, rows([_row(document) for document in found]))

    async def drop(self, db: Writing, items: Sequence[ItemRef]) -> None:
        """Make the items unfindable, in the caller's transaction."""
        for kind in {item.kind for item in items}:
            await db.execute(_DROP, {"kind": kind, "ids": [item.id for item in items if item.kind == kind]})

    async def find(self, words: str, kinds: Sequence[str], libraries: Sequence[UUID], limit: int) -> list[Hits]:
        """Return the best items of each kind in these libraries.

        Those that have all the words, or all but the year and are of that year; failing any, those of other years; failing any, titles like it.
        """
        wanted = asked(words)
        values = {**_values(wanted), "kinds": list(kinds), "libraries": list(libraries), "most": limit}
        found: Sequence[Any] = ()
        async with self.database.read() as db:
            for statement in (_FIND_EXACT, *((_FIND_BARE,) if wanted.bare else ()), _FIND_ALIKE):
                found = found or (await db.execute(statement, values)).all()
        totals = {kind: total for kind, _, total in found}
        return [Hits(kind, [id for of, id, _ in found if of == kind], total) for kind, total in totals.items()]


def _values(wanted: Asked) -> dict[str, Any]:
    bare_query = None if wanted.bare is None else beginnings(wanted.bare)
    return {"words": wanted.words, "query": beginnings(wanted.words), "bare": wanted.bare, "bare_query": bare_query, "year": wanted.year}


def _row(document: Document) -> dict[str, Any]:
    return {
        "kind": document.item.kind,
        "id": document.item.id,
        "library": document.library_id,
        "title": document.title,
        "year": document.year,
        "words": document.words,
    }
