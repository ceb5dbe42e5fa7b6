"""Where films are kept."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKeyConstraint, Index, SmallInteger, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from revenge.infra.database import Texts, identity, library_item, metadata

_TEXTS = ("original_title", "overview", "tagline", "certification", "collection")
_LISTS = ("genres", "studios", "locked")


def _picture(role: str) -> list[Column[object]]:
    """Return the columns by which a list shows a picture without asking another table."""
    return [Column(f"{role}_id", UUID(as_uuid=True)), Column(f"{role}_blurhash", Text)]


movies = Table(
    "movies",
    metadata,
    *identity(),
    *library_item(),
    Column("match_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_sort", Text, nullable=False),
    Column("year", SmallInteger),
    Column("released", Date),
    Column("runtime_ms", BigInteger),
    *(Column(name, Text) for name in _TEXTS),
    *(Column(name, Texts(), nullable=False, server_default=text("'{}'")) for name in _LISTS),
    Column("people", JSONB, nullable=False, server_default=text("'[]'")),
    Column("external_ids", JSONB, nullable=False, server_default=text("'{}'")),
    Column("present", Boolean, nullable=False, server_default=text("true")),  # it has a file, or had one on a disk that is away
    Column("available", Boolean, nullable=False, server_default=text("true")),
    *_picture("poster"),
    *_picture("backdrop"),
    ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
    Index("movies_by_match", "library_id", "match_key", unique=True),
    Index("movies_by_title", "title_sort", "id", postgresql_where=text("present")),
    Index("movies_by_added_at", "added_at", "id", postgresql_where=text("present")),
    Index("movies_by_year", func.coalesce(text("year"), text("0")), "id", postgresql_where=text("present")),
)
