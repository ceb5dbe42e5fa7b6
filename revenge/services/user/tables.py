"""Where accounts are kept."""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Index, Table, Text, text

from revenge.infra.database import identity, metadata

users = Table(
    "users",
    metadata,
    *identity(),
    Column("username", Text, nullable=False),
    # The keys are folded by us, not by lower(): whether that knows an umlaut depends on how the server was installed.
    Column("username_key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("locale", Text),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("last_seen_at", DateTime(timezone=True)),
    CheckConstraint("role in ('admin', 'user')", name="users_role"),
    Index("users_by_username", "username_key", unique=True),
    Index("users_by_email", "email_key", unique=True),
    Index("users_by_age", text("created_at desc"), text("id desc")),
    schema="shared",
)
