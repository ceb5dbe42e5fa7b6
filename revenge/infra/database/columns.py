"""What tables have in common: the one MetaData, ids, times, and how a struct names its columns."""

from typing import Any

import msgspec
from sqlalchemy import ARRAY, Column, ColumnElement, DateTime, FromClause, MetaData, Text, func
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData()


class Texts(ARRAY[str]):
    """A list of texts as the driver returns it: SQLAlchemy would copy each one item by item, which a list of films feels."""

    cache_ok = True

    def __init__(self, collation: str | None = None) -> None:
        super().__init__(Text(collation=collation))

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """Leave the list as it is."""


def identity() -> list[Column[Any]]:
    """Return the columns each row begins with: a time-ordered id and when it was made."""
    return [
        Column("id", UUID(as_uuid=True), primary_key=True, server_default=func.uuidv7()),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ]


def library_item() -> list[Column[Any]]:
    """Return the columns of a row that belongs to a library; what a caller may see is filtered by them."""
    return [
        Column("library_id", UUID(as_uuid=True), nullable=False),
        Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ]


def columns_of(struct: type[msgspec.Struct], table: FromClause) -> list[ColumnElement[Any]]:
    """Return the table's columns in the order of the struct's fields, so that `Struct(*row)` is right."""
    return [table.c[name] for name in struct.__struct_fields__]
