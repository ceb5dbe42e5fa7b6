"""Create films."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000006"
down_revision = "000005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "movies",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("library_id", sa.UUID(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("match_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_sort", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("released", sa.Date(), nullable=True),
        sa.Column("runtime_ms", sa.BigInteger(), nullable=True),
        sa.Column("original_title", sa.Text(), nullable=True),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        sa.Column("certification", sa.Text(), nullable=True),
        sa.Column("collection", sa.Text(), nullable=True),
        sa.Column("genres", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("studios", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("locked", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("people", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("external_ids", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("present", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("available", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("poster_id", sa.UUID(), nullable=True),
        sa.Column("poster_blurhash", sa.Text(), nullable=True),
        sa.Column("backdrop_id", sa.UUID(), nullable=True),
        sa.Column("backdrop_blurhash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("movies_by_added_at", "movies", ["added_at", "id"], unique=False, postgresql_where=sa.text("present"))
    op.create_index("movies_by_match", "movies", ["library_id", "match_key"], unique=True)
    op.create_index("movies_by_title", "movies", ["title_sort", "id"], unique=False, postgresql_where=sa.text("present"))
    op.create_index(
        "movies_by_year", "movies", [sa.literal_column("coalesce(year, 0)"), "id"], unique=False, postgresql_where=sa.text("present")
    )


def downgrade() -> None:
    op.drop_index("movies_by_year", table_name="movies", postgresql_where=sa.text("present"))
    op.drop_index("movies_by_title", table_name="movies", postgresql_where=sa.text("present"))
    op.drop_index("movies_by_match", table_name="movies")
    op.drop_index("movies_by_added_at", table_name="movies", postgresql_where=sa.text("present"))
    op.drop_table("movies")
