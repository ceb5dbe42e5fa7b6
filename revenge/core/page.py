"""Lists that are paged."""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=200)]


class Page(Struct, Generic[T], frozen=True):
    """One page: its items, and the opaque cursor of the page after it (None at the end)."""

    items: list[T]
    next: str | None = None


class PageQuery(Struct, frozen=True, kw_only=True):
    """How any list is asked for: a cursor from the page before, or an offset."""

    limit: Limit = 50
    cursor: str | None = None
    offset: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
