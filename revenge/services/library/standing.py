"""Conditions by which any content table asks whether its items still have files, and whether a disk that holds them can be seen."""

from typing import Any

from sqlalchemy import ColumnElement, Subquery, exists, select

from revenge.services.library.tables import files, item_files, roots


def has_files(kind: str, item: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the item has a file that is not missing from a folder that could be looked at."""
    return exists(_files_of(kind, item))


def is_available(kind: str, item: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one of the item's files lies in a folder that can be seen."""
    return exists(_files_of(kind, item).join(roots, roots.c.id == files.c.root_id).where(roots.c.available))


def standing_files(kind: str) -> Subquery:
    """Pairs (`item_id`, `file_id`) of the kind's items and those of their files that are not missing."""
    pairs = select(item_files.c.item_id, item_files.c.file_id).join(files, files.c.id == item_files.c.file_id)
    return pairs.where(item_files.c.item_kind == kind, files.c.missing_since.is_(None)).subquery("standing")


def _files_of(kind: str, item: ColumnElement[Any]) -> Any:
    return (
        select(item_files.c.item_id)
        .join(files, files.c.id == item_files.c.file_id)
        .where(item_files.c.item_kind == kind, item_files.c.item_id == item, files.c.missing_since.is_(None))
        .correlate(item.table)
    )
