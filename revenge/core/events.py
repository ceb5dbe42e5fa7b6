"""Facts that have happened, told in the past tense. Who listens is listed in `bootstrap.py`."""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from revenge.core.ids import ItemRef


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. `topic` is its public name in server-sent events and webhooks."""

    topic: ClassVar[str] = ""
    permission: ClassVar[str] = "events:read"
    """What a listener must be allowed to do to hear it."""


class ScanProgressed(Event, frozen=True, kw_only=True):
    """A scan moved on; the counts are totals, so a lost event harms nothing."""

    topic: ClassVar[str] = "scan.progress"
    permission: ClassVar[str] = "libraries:read"
    library_id: UUID
    scan_id: UUID
    state: str
    found: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0
    done: int = 0
    """Files whose stages are complete, of `found`."""


class ItemAdded(Event, frozen=True, kw_only=True):
    """A new item can be watched, read or heard."""

    topic: ClassVar[str] = "library.new_item"
    item: ItemRef
    library_id: UUID
    title: str


class ItemChanged(Event, frozen=True, kw_only=True):
    """An item's facts or artwork changed."""

    topic: ClassVar[str] = "library.item_changed"
    item: ItemRef
    library_id: UUID


class PlaybackStarted(Event, frozen=True, kw_only=True):
    """Somebody began to watch."""

    topic: ClassVar[str] = "playback.started"
    session_id: UUID
    user_id: UUID
    item: ItemRef
    method: str


class PlaybackStopped(Event, frozen=True, kw_only=True):
    """A viewing ended, by its viewer or because they were gone."""

    topic: ClassVar[str] = "playback.stopped"
    session_id: UUID
    user_id: UUID
    item: ItemRef
    position_ms: int


class JobMoved(Event, frozen=True, kw_only=True):
    """A job in the background came further, or failed for good, was cancelled, or waits anew."""

    topic: ClassVar[str] = "job.moved"
    permission: ClassVar[str] = "jobs:manage"
    id: UUID
    job: str
    key: str
    state: str
    """`running`, `failed`, `cancelled` or `waiting`."""
    done: int | None = None
    total: int | None = None
    """Of what the job counts: files, bytes, steps."""
