"""Create viewings and progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000008"
down_revision = "000007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "progress",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("position_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("watched", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("play_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["shared.users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "item_kind", "item_id"),
        schema="shared",
    )
    op.create_index("progress_by_time", "progress", ["user_id", sa.literal_column("at desc")], unique=False, schema="shared")
    op.create_table(
        "playback_sessions",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("login_id", sa.UUID(), nullable=False),
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'playing'"), nullable=False),
        sa.Column("position_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["shared.files.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["shared.users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("playback_sessions_by_user", "playback_sessions", ["user_id"], unique=False, schema="shared")
    op.create_index(
        "playback_sessions_now",
        "playback_sessions",
        ["seen_at"],
        unique=False,
        schema="shared",
        postgresql_where=sa.text("ended_at is null"),
    )


def downgrade() -> None:
    op.drop_index("playback_sessions_now", table_name="playback_sessions", schema="shared", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("playback_sessions_by_user", table_name="playback_sessions", schema="shared")
    op.drop_table("playback_sessions", schema="shared")
    op.drop_index("progress_by_time", table_name="progress", schema="shared")
    op.drop_table("progress", schema="shared")
