"""Create the outbox, where jobs wait and are accounted for, and the runs of the schedule."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000004"
down_revision = "000003"
branch_labels = None
depends_on = None

_TELL = """
create function shared.tell_outbox() returns trigger language plpgsql as $$
begin
    perform pg_notify('outbox', '');
    return null;
end $$
"""
_TRIGGER = "create trigger outbox_tells after insert on shared.outbox for each statement execute function shared.tell_outbox()"


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", postgresql.UUID(as_uuid=True), server_default=sa.text("uuidv7()"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("args", postgresql.JSONB(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("sends", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("node", sa.Text()),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("failed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("error", sa.Text()),
        schema="shared",
    )
    open_rows = sa.text("finished_at is null")
    op.create_index("outbox_asked_once", "outbox", ["job", "key"], unique=True, schema="shared", postgresql_where=open_rows)
    unsent = sa.text("finished_at is null and sent_at is null")
    op.create_index("outbox_to_send", "outbox", ["run_at", "id"], schema="shared", postgresql_where=unsent)
    sent = sa.text("finished_at is null and sent_at is not null")
    op.create_index("outbox_in_flight", "outbox", ["id"], schema="shared", postgresql_where=sent)
    closed = sa.text("finished_at is not null")
    op.create_index("outbox_finished", "outbox", ["failed", "finished_at"], schema="shared", postgresql_where=closed)
    op.execute(_TELL)
    op.execute(_TRIGGER)
    op.create_table(
        "schedule_runs",
        sa.Column("task", sa.Text(), primary_key=True),
        sa.Column("slot", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("schedule_runs", schema="shared")
    op.drop_table("outbox", schema="shared")
    op.execute("drop function shared.tell_outbox()")
