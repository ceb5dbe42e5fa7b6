"""Create the accounts."""

import sqlalchemy as sa
from alembic import op

revision = "000002"
down_revision = "000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=sa.func.uuidv7(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("username_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text()),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("role in ('admin', 'user')", name="users_role"),
        schema="shared",
    )
    op.create_index("users_by_username", "users", ["username_key"], unique=True, schema="shared")
    op.create_index("users_by_email", "users", ["email_key"], unique=True, schema="shared")
    op.create_index("users_by_age", "users", [sa.text("created_at desc"), sa.text("id desc")], schema="shared")


def downgrade() -> None:
    op.drop_table("users", schema="shared")
