"""How a list of any content table shows in one query how far somebody has come with its items."""

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_

from revenge.services.playback.tables import progress

VIEWER: BindParameter[UUID] = bindparam("viewer", type_=progress.c.user_id.type)


def with_progress(statement: Select[Any], kind: str, item: ColumnElement[UUID]) -> Select[Any]:
    """Return the statement with three columns more: position, duration (ms) and watched, null where the person bound as `viewer` has not begun."""
    began = or_(progress.c.position_ms > 0, progress.c.watched)  # a row at zero says when somebody started over
    theirs = and_(progress.c.user_id == VIEWER, progress.c.item_kind == kind, progress.c.item_id == item, began)
    return statement.add_columns(progress.c.position_ms, progress.c.duration_ms, progress.c.watched).outerjoin(progress, theirs)
