"""What searching finds, and what can be found."""

from collections.abc import Sequence
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from revenge.core.data import Writing
from revenge.core.ids import ItemRef
from revenge.services.library.entity import ItemCard


class Document(Struct, frozen=True):
    """The words by which an item is found."""

    item: ItemRef
    library_id: UUID
    title: str
    year: int | None
    words: str
    """Everything else worth finding it by: other titles, people, genres, the story."""


class Hits(Struct, frozen=True):
    """The best items of one kind, best first, and how many there are in all."""

    kind: str
    ids: list[UUID]
    total: int


class Group(Struct, frozen=True):
    """Items of one kind."""

    kind: str
    items: list[ItemCard]
    total: int


class Found(Struct, frozen=True):
    """What a search found."""

    groups: list[Group]
    took_ms: int


class SearchQuery(Struct, frozen=True, kw_only=True):
    """What is looked for."""

    q: Annotated[str, Meta(min_length=1, max_length=200, description="Words, also misspelled or unfinished.")]
    kinds: list[str] = []
    """Kinds of items to look among; all when empty."""
    limit: Annotated[int, Meta(ge=1, le=50)] = 20
    """Items per kind."""


class SearchIndex(Protocol):
    """Where documents are kept and found: PostgreSQL here, Typesense where one is configured."""

    async def put(self, db: Writing, documents: Sequence[Document]) -> None:
        """Make these the documents of their items."""

    async def drop(self, db: Writing, items: Sequence[ItemRef]) -> None:
        """Make the items unfindable."""

    async def find(self, words: str, kinds: Sequence[str], libraries: Sequence[UUID], limit: int) -> list[Hits]:
        """Return the best items of each kind in these libraries."""
