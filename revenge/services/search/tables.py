"""Where search documents are kept."""

from sqlalchemy import Column, ForeignKey, Index, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR, UUID

from revenge.infra.database import metadata

documents = Table(
    "search_documents",
    metadata,
    Column("item_kind", Text, primary_key=True),
    Column("item_id", UUID(as_uuid=True), primary_key=True),
    Column("library_id", UUID(as_uuid=True), ForeignKey("shared.libraries.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),  # lower case, without accents
    Column("year", SmallInteger),
    Column("words", TSVECTOR, nullable=False),
    Index("search_documents_by_words", "words", postgresql_using="gin"),
    Index("search_documents_by_title", "title", postgresql_using="gin", postgresql_ops={"title": "gin_trgm_ops"}),
    Index("search_documents_by_library", "library_id"),
    schema="shared",
)
