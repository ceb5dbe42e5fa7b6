"""Create sign-ins, their refresh tokens, and the count of wrong passwords."""

import sqlalchemy as sa
from alembic import op

revision = "000003"
down_revision = "000002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.func.uuidv7(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_name", sa.Text()),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("last_seen_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["user_id"], ["shared.users.id"], ondelete="CASCADE"),
        schema="shared",
    )
    still_open = sa.text("ended_at is null")
    op.create_index("sessions_by_user", "sessions", ["user_id", "last_seen_at"], schema="shared", postgresql_where=still_open)
    op.create_index("sessions_by_place", "sessions", ["user_id", "network"], schema="shared")
    op.create_index("sessions_by_expiry", "sessions", ["expires_at"], schema="shared")
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", _MOMENT),
        sa.Column("salt", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("hash"),
        sa.ForeignKeyConstraint(["session_id"], ["shared.sessions.id"], ondelete="CASCADE"),
        schema="shared",
    )
    op.create_index("refresh_tokens_by_session", "refresh_tokens", ["session_id"], schema="shared")
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("login_attempts_by_subject", "login_attempts", ["subject", "at"], schema="shared")
    op.create_index("login_attempts_by_network", "login_attempts", ["network", "at"], schema="shared")
    op.create_index("login_attempts_by_time", "login_attempts", ["at"], schema="shared")


def downgrade() -> None:
    op.drop_table("login_attempts", schema="shared")
    op.drop_table("refresh_tokens", schema="shared")
    op.drop_table("sessions", schema="shared")
