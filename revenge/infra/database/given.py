"""Many rows in one statement: a list of objects goes in as one JSON text, and the statement reads it like a table.

One parameter instead of one per value, and one text whatever the number of rows: nothing is compiled or planned anew.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import JSON, TableValuedAlias, Text, bindparam, cast, column, func

_encode = msgspec.json.Encoder().encode


def given(**columns: Any) -> TableValuedAlias:
    """Return the table of what `rows` binds: its columns by name, each with its type. Bytes come as text in base64."""
    rows = cast(bindparam("rows", type_=Text), JSON)
    typed = (column(name, kind) for name, kind in columns.items())
    return func.json_to_recordset(rows).table_valued(*typed).render_derived(name="given", with_types=True)


def rows(values: Sequence[Any]) -> dict[str, str]:
    """Return the parameter that makes these structs, or mappings, the rows of a `given` table."""
    return {"rows": _encode(values).decode()}
