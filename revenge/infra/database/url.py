"""One PostgreSQL URL, in the spellings of its two readers."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from revenge.core.errors import StartRefused


def sqlalchemy_url(url: str) -> URL:
    """Return the URL for SQLAlchemy on asyncpg; StartRefused when it is no PostgreSQL URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StartRefused("database.url cannot be read; write it like postgresql://user:password@host:5432/revenge.") from None
    if parsed.get_backend_name() not in {"postgres", "postgresql"}:
        raise StartRefused(f"database.url names {parsed.get_backend_name()!r}; only PostgreSQL is supported.")
    return parsed.set(drivername="postgresql+asyncpg")


def driver_url(url: str) -> str:
    """Return the URL for a bare asyncpg connection."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
