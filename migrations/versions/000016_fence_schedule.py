"""Runs of the schedule bear the token of the leader that took them."""

import sqlalchemy as sa
from alembic import op

revision = "000016"
down_revision = "000015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedule_runs", sa.Column("token", sa.BigInteger(), server_default=sa.text("0"), nullable=False), schema="shared")


def downgrade() -> None:
    op.drop_column("schedule_runs", "token", schema="shared")
