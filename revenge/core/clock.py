"""Time as a parameter, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, always with a time zone."""


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)
