"""Where artwork is listed. The pictures themselves are files."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from revenge.infra.database import identity, metadata

artwork = Table(
    "artwork",
    metadata,
    *identity(),
    Column("library_id", UUID(as_uuid=True), ForeignKey("shared.libraries.id", ondelete="CASCADE"), nullable=False),
    Column("item_kind", Text, nullable=False),
    Column("item_id", UUID(as_uuid=True), nullable=False),
    Column("role", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("path", Text),
    Column("size", BigInteger),
    Column("mtime_ns", BigInteger),
    Column("title", Text),
    Column("year", SmallInteger),
    Column("recipe", SmallInteger, nullable=False, server_default=text("1")),
    Column("digest", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("blurhash", Text, nullable=False),
    CheckConstraint("role in ('poster', 'backdrop')", name="artwork_role"),
    CheckConstraint("origin in ('local', 'generated')", name="artwork_origin"),
    Index("artwork_by_item", "item_kind", "item_id", "role", unique=True),
    Index("artwork_by_digest", "digest"),
    Index("artwork_by_library", "library_id"),
    schema="shared",
)
