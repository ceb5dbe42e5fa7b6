"""Which slots of the schedule have been taken: the row that makes sure of "once", whoever thinks it leads."""

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, text

from revenge.infra.database import metadata

schedule_runs = Table(
    "schedule_runs",
    metadata,
    Column("task", Text, primary_key=True),
    Column("slot", DateTime(timezone=True), primary_key=True),
    Column("node", Text, nullable=False),
    Column(
        "token", BigInteger, nullable=False, server_default=text("0")
    ),  # what the leader wrote it with; it never falls from slot to slot
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="shared",
)
