"""Where viewings and progress are kept."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Double, ForeignKey, Index, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from revenge.infra.database import identity, metadata


def _user(**options: bool) -> Column[object]:
    return Column("user_id", UUID(as_uuid=True), ForeignKey("shared.users.id", ondelete="CASCADE"), nullable=False, **options)  # type: ignore[arg-type]


def _item(**options: bool) -> list[Column[object]]:
    return [Column("item_kind", Text, nullable=False, **options), Column("item_id", UUID(as_uuid=True), nullable=False, **options)]  # type: ignore[arg-type]


playback_sessions = Table(
    "playback_sessions",
    metadata,
    *identity(),
    _user(),
    Column("login_id", UUID(as_uuid=True), nullable=False),
    *_item(),
    Column("file_id", UUID(as_uuid=True), ForeignKey("shared.files.id", ondelete="CASCADE"), nullable=False),
    Column("decision", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'playing'")),
    Column("position_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("acted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Text),
    Column("message", Text),
    Index("playback_sessions_now", "seen_at", postgresql_where=text("ended_at is null")),
    Index("playback_sessions_by_user", "user_id"),
    schema="shared",
)

progress = Table(
    "progress",
    metadata,
    _user(primary_key=True),
    *_item(primary_key=True),
    Column("position_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("watched", Boolean, nullable=False, server_default=text("false")),
    Column("play_count", Integer, nullable=False, server_default=text("0")),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("device_id", Text),
    # When the viewer did what led to this position; rows that older versions wrote have none, and their `at` stands for it.
    Column("acted_at", DateTime(timezone=True)),
    Column("hidden_at", DateTime(timezone=True)),
    Index("progress_by_time", "user_id", text("at desc")),
    schema="shared",
)

viewing_limits = Table(
    "viewing_limits",
    metadata,
    _user(primary_key=True),
    Column("max_streams", Integer),
    Column("max_bitrate", BigInteger),
    Column("max_height", Integer),
    schema="shared",
)

viewing_preferences = Table(
    "viewing_preferences",
    metadata,
    _user(primary_key=True),
    Column("preferences", JSONB, nullable=False),
    schema="shared",
)

loudness = Table(
    "loudness",
    metadata,
    Column("file_id", UUID(as_uuid=True), ForeignKey("shared.files.id", ondelete="CASCADE"), primary_key=True),
    Column("stream", Integer, primary_key=True),
    # What the file was when it was listened to: of another one this says nothing.
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("lufs", Double),
    Column("peak", Double, nullable=False),
    schema="shared",
)
