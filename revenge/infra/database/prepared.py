"""Statements as the driver takes them: compiled once, for what is asked for all the time."""

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

_NUMERIC = 1700
"""PostgreSQL's type of decimal numbers, the only ones whose treatment depends on what the server calls them."""


class Prepared:
    """A statement's text, the order of its parameters, and what values have to be put through on their way in and out."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._names: list[str] = compiled.positiontup or []
        binds = [compiled.binds[name] for name in self._names]
        self._fixed = {name: bind.effective_value for name, bind in zip(self._names, binds, strict=True) if not bind.required}
        into = [bind.type.dialect_impl(dialect).bind_processor(dialect) for bind in binds]
        self._into = [(place, put) for place, put in enumerate(into) if put is not None]
        columns = compiled._result_columns  # noqa: SLF001 - the types are not to be had otherwise
        out = [column.type.dialect_impl(dialect).result_processor(dialect, _NUMERIC) for column in columns]
        self._out = [(place, take) for place, take in enumerate(out) if take is not None]

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text; KeyError for one that is not given."""
        given = {**self._fixed, **parameters}
        values = [given[name] for name in self._names]
        for place, put in self._into:
            values[place] = put(values[place])
        return values

    def rows(self, records: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The rows as SQLAlchemy would return them."""
        if not self._out:
            return records
        rows = [list(record) for record in records]
        for row in rows:
            for place, take in self._out:
                row[place] = take(row[place])
        return rows


class Prepare:
    """Keeps what was compiled for as long as its statement lives, which is for ever where statements stand in modules."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[ClauseElement, Prepared] = WeakKeyDictionary()

    def __call__(self, statement: ClauseElement) -> Prepared:
        """The statement, compiled."""
        found = self._known.get(statement)
        if found is None:
            found = self._known[statement] = Prepared(statement, self._dialect)
        return found
