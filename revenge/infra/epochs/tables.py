"""Where the newest number of each name is kept."""

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, text

from revenge.infra.database import metadata

epochs = Table(
    "epochs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("node", Text, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    schema="shared",
)
