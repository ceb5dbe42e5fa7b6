"""Create artwork."""

import sqlalchemy as sa
from alembic import op

revision = "000009"
down_revision = "000008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artwork",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("library_id", sa.UUID(), nullable=False),
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("mtime_ns", sa.BigInteger()),
        sa.Column("title", sa.Text()),
        sa.Column("year", sa.SmallInteger()),
        sa.Column("recipe", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("blurhash", sa.Text(), nullable=False),
        sa.CheckConstraint("role in ('poster', 'backdrop')", name="artwork_role"),
        sa.CheckConstraint("origin in ('local', 'generated')", name="artwork_origin"),
        sa.ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("artwork_by_item", "artwork", ["item_kind", "item_id", "role"], unique=True, schema="shared")
    op.create_index("artwork_by_digest", "artwork", ["digest"], schema="shared")
    op.create_index("artwork_by_library", "artwork", ["library_id"], schema="shared")


def downgrade() -> None:
    op.drop_table("artwork", schema="shared")
