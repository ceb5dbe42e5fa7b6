"""Where sign-ins and their refresh tokens are kept."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from revenge.infra.database import identity, metadata

sessions = Table(
    "sessions",
    metadata,
    *identity(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("shared.users.id", ondelete="CASCADE"), nullable=False),
    Column("device_name", Text),
    Column("ip", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Text),
    Index("sessions_by_user", "user_id", "last_seen_at", postgresql_where=text("ended_at is null")),
    Index("sessions_by_place", "user_id", "network"),
    Index("sessions_by_expiry", "expires_at"),
    schema="shared",
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("session_id", UUID(as_uuid=True), ForeignKey("shared.sessions.id", ondelete="CASCADE"), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("salt", LargeBinary),
    Index("refresh_tokens_by_session", "session_id"),
    schema="shared",
)
