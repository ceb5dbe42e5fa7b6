"""Jobs can be cancelled, show how far they have come, keep a log, and know whether somebody has said how their last run ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000017"
down_revision = "000016"
branch_labels = None
depends_on = None

_COLUMNS = ("unsettled", "cancelled", "done", "total", "trace")
_LISTS = {"outbox_open": "finished_at is null", "outbox_failed": "failed", "outbox_cancelled": "cancelled"}


def upgrade() -> None:
    op.add_column("outbox", sa.Column("unsettled", sa.Boolean(), server_default=sa.text("false"), nullable=False), schema="shared")
    op.add_column("outbox", sa.Column("cancelled", sa.Boolean(), server_default=sa.text("false"), nullable=False), schema="shared")
    op.add_column("outbox", sa.Column("done", sa.BigInteger()), schema="shared")
    op.add_column("outbox", sa.Column("total", sa.BigInteger()), schema="shared")
    op.add_column("outbox", sa.Column("trace", sa.Text()), schema="shared")
    for name, rows in _LISTS.items():
        op.create_index(name, "outbox", ["id"], schema="shared", postgresql_where=sa.text(rows))
    op.create_table(
        "job_log",
        sa.Column("id", postgresql.UUID(as_uuid=True), server_default=sa.text("uuidv7()"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("job_id", postgresql.UUID(as_uuid=True), sa.ForeignKey("shared.outbox.id", ondelete="CASCADE"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        schema="shared",
    )
    op.create_index("job_log_by_job", "job_log", ["job_id", "id"], schema="shared")


def downgrade() -> None:
    op.drop_table("job_log", schema="shared")
    for name in _LISTS:
        op.drop_index(name, "outbox", schema="shared")
    for name in _COLUMNS:
        op.drop_column("outbox", name, schema="shared")
