"""Create search documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000007"
down_revision = "000006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("library_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_kind", "item_id"),
        schema="shared",
    )
    op.create_index("search_documents_by_library", "search_documents", ["library_id"], unique=False, schema="shared")
    op.create_index(
        "search_documents_by_title",
        "search_documents",
        ["title"],
        unique=False,
        schema="shared",
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops"},
    )
    op.create_index("search_documents_by_words", "search_documents", ["words"], unique=False, schema="shared", postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("search_documents_by_words", table_name="search_documents", schema="shared", postgresql_using="gin")
    op.drop_index(
        "search_documents_by_title",
        table_name="search_documents",
        schema="shared",
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops"},
    )
    op.drop_index("search_documents_by_library", table_name="search_documents", schema="shared")
    op.drop_table("search_documents", schema="shared")
