"""Create viewing preferences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000014"
down_revision = "000013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "viewing_preferences",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("preferences", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["shared.users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("viewing_preferences", schema="shared")
