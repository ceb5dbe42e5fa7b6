"""Where wrong passwords are counted."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, LargeBinary, Table, Text

from revenge.infra.database import metadata

attempts = Table(
    "login_attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("network", Text, nullable=False),
    Index("login_attempts_by_subject", "subject", "at"),
    Index("login_attempts_by_network", "network", "at"),
    Index("login_attempts_by_time", "at"),
    schema="shared",
)
