"""Outside services: how they are doing, and what can be wrong with an answer of theirs, by what to do about it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

State = Literal["unused", "well", "failing", "resting", "refusing"]


class SourceState(Struct, frozen=True):
    """How an outside service is doing, as one node sees it."""

    name: str
    state: State
    """`resting`: it failed too often and is left alone; `refusing`: its owner has something to do."""
    failures: int
    """In a row."""
    waiting: int
    """Questions that wait for their turn now."""
    detail: str | None
    """What went wrong last, while it matters."""
    answered_at: datetime | None
    failed_at: datetime | None
    retry_in_ms: int
    """Milliseconds until it is asked again; 0 when it may be."""


class SourceError(Exception):
    """An outside service gave no answer that can be used; the sentence names it and says why, and holds no secret."""


class Absent(SourceError):
    """It answered: there is no such thing. Asking again will not help; it may be remembered."""


class Unreachable(SourceError):
    """It did not answer, or not now: ask later."""

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        """Seconds after which asking again makes sense, where that is known."""


class Refused(SourceError):
    """It does not want us, or we do not want it (a wrong key, a forbidden address): tell the owner."""
