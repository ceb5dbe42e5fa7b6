"""Identifiers: rows get uuidv7() from PostgreSQL; references across rooms are a kind and an id."""

from uuid import UUID

from msgspec import Struct


class ItemRef(Struct, frozen=True):
    """A thing of any content module: what rooms share instead of each other's rows."""

    kind: str
    """`movie`, `episode`, `track` …: the module's own word."""
    id: UUID
