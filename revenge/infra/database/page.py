"""Keyset pages: the next page begins after the last row's sort key, found by an index, however deep the list."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Select, bindparam, tuple_
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression
from sqlalchemy.sql.operators import desc_op

from revenge.core.data import Reading
from revenge.core.errors import Invalid
from revenge.core.page import Page, PageQuery

T = TypeVar("T")


class Sort:
    """An order: columns that are never null, all in one direction, the last one unique (the id).

    One direction, because only then the row comparison `(a, id) > (x, y)` is the order, and only that comparison uses the index.
    """

    def __init__(self, *columns: ColumnElement[Any]) -> None:
        directions = {_descends(column) for column in columns}
        if len(directions) != 1:
            raise ValueError("A sort goes up or down as a whole; a mixed one has no row comparison.")
        self.descending = directions.pop()
        self.order = columns
        self.keys = [column.element if isinstance(column, UnaryExpression) and _descends(column) else column for column in columns]

    def after(self) -> ColumnElement[bool]:
        """Return the condition for rows behind the key bound as `after_0`, `after_1` and on."""
        here = tuple_(*self.keys)
        there = tuple_(*(bindparam(f"after_{n}", type_=key.type) for n, key in enumerate(self.keys)))
        return here < there if self.descending else here > there


class Listing(Generic[T]):
    """One list in all its orders; the statements are built once."""

    def __init__(self, statement: Select[Any], make: Callable[..., T], sorts: Mapping[str, Sort]) -> None:
        self.sorts = sorts
        self._make = make
        self._width = len(statement.selected_columns)
        self._first: dict[str, Select[Any]] = {}
        self._after: dict[str, Select[Any]] = {}
        for name, sort in sorts.items():
            whole = statement.add_columns(*sort.keys).order_by(*sort.order).limit(bindparam("page_limit"))
            self._first[name] = whole.offset(bindparam("page_offset"))
            self._after[name] = whole.where(sort.after())

    async def page(self, db: Reading, query: PageQuery, sort: str, parameters: Mapping[str, Any]) -> Page[T]:
        """Return one page; Invalid for a sort that is not offered or a cursor that belongs to another one."""
        statement, position = self._position(query, sort)
        rows = await db.rows(statement, {**parameters, **position, "page_limit": query.limit + 1})
        more = len(rows) > query.limit
        rows = rows[: query.limit]
        width = self._width
        items = [self._make(*row[:width]) for row in rows]
        return Page(items, _write_cursor(sort, rows[-1][width:]) if more else None)

    def _position(self, query: PageQuery, sort: str) -> tuple[Select[Any], dict[str, Any]]:
        if sort not in self.sorts:
            raise Invalid(f"The sort {sort!r} is not offered; choose one of {', '.join(self.sorts)}.", code="sort_unknown", field="sort")
        if query.cursor is None:
            return self._first[sort], {"page_offset": query.offset or 0}
        types = tuple(key.type.python_type for key in self.sorts[sort].keys)
        values = _read_cursor(query.cursor, sort, types)
        return self._after[sort], {f"after_{n}": value for n, value in enumerate(values)}


def _descends(column: ColumnElement[Any]) -> bool:
    return isinstance(column, UnaryExpression) and column.modifier is desc_op


def _write_cursor(sort: str, key: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode([sort, *key])).rstrip(b"=").decode()


def _read_cursor(cursor: str, sort: str, types: tuple[type, ...]) -> list[Any]:
    try:
        raw = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        made_for, *values = raw
        if made_for != sort:
            detail = f"This cursor belongs to the sort {made_for!r}, not {sort!r}; start again without it."
            raise Invalid(detail, code="cursor_invalid", field="cursor")
        decoded: list[Any] = [msgspec.convert(value, kind, strict=False) for value, kind in zip(values, types, strict=True)]
    except (ValueError, TypeError, msgspec.MsgspecError):
        raise Invalid("This cursor was not made by this list; start again without it.", code="cursor_invalid", field="cursor") from None
    return decoded
