"""Viewings remember what their viewer did and who ended them; accounts get limits of watching."""

import sqlalchemy as sa
from alembic import op

revision = "000012"
down_revision = "000011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("told_at", "acted_at"):
        moment = sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        op.add_column("playback_sessions", moment, schema="shared")
    for name in ("ended_by", "message"):
        op.add_column("playback_sessions", sa.Column(name, sa.Text(), nullable=True), schema="shared")
    for name in ("acted_at", "hidden_at"):
        op.add_column("progress", sa.Column(name, sa.DateTime(timezone=True), nullable=True), schema="shared")
    op.create_table(
        "viewing_limits",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("max_streams", sa.Integer(), nullable=True),
        sa.Column("max_bitrate", sa.BigInteger(), nullable=True),
        sa.Column("max_height", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["shared.users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("viewing_limits", schema="shared")
    for table, name in (
        ("progress", "hidden_at"),
        ("progress", "acted_at"),
        ("playback_sessions", "message"),
        ("playback_sessions", "ended_by"),
        ("playback_sessions", "acted_at"),
        ("playback_sessions", "told_at"),
    ):
        op.drop_column(table, name, schema="shared")
