"""What a job is to whoever looks after the house."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from msgspec import Struct

from revenge.core.page import PageQuery

JobState = Literal["waiting", "running", "failed", "finished", "cancelled"]
STATES: tuple[JobState, ...] = ("running", "waiting", "failed", "cancelled", "finished")


class Kept(Struct, frozen=True):
    """A job as it is kept."""

    id: UUID
    job: str
    key: str
    args: Any
    tries: int
    created_at: datetime
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    node: str | None
    failed: bool
    cancelled: bool
    error: str | None
    done: int | None
    total: int | None

    @property
    def state(self) -> JobState:
        """How it stands."""
        if self.finished_at is None:
            return "waiting" if self.started_at is None else "running"
        return "failed" if self.failed else "cancelled" if self.cancelled else "finished"


class JobEntry(Struct, frozen=True):
    """One job of a list."""

    id: UUID
    job: str
    """Its kind: `library.probe`."""
    queue: str | None
    """None where this node does not know the kind."""
    key: str
    """Its natural key: the same job is never asked for twice at a time."""
    state: JobState
    attempt: int
    """Starts so far."""
    attempts: int | None
    """Starts it may have at most."""
    asked_at: datetime
    due_at: datetime
    """Not before then: a failed try waits."""
    started_at: datetime | None
    finished_at: datetime | None
    node: str | None
    """Where it ran last."""
    error: str | None
    """Why its last try failed."""
    done: int | None
    total: int | None
    cancelling: bool
    """Whether it ends as soon as its node hears of it."""


class JobDetails(Struct, frozen=True):
    """One job with what it was asked to do."""

    entry: JobEntry
    args: Any


class LogLine(Struct, frozen=True):
    """What a run had to say."""

    at: datetime
    attempt: int
    level: str
    message: str


class JobQuery(PageQuery, frozen=True, kw_only=True):
    """Which jobs to list, the one asked for last first."""

    state: JobState | None = None
    queue: str | None = None
    job: str | None = None


class RetryAll(Struct, frozen=True, forbid_unknown_fields=True):
    """Which failed jobs are to wait anew: of one kind, or all."""

    job: str | None = None


class Retried(Struct, frozen=True):
    """How many wait anew."""

    count: int


WaitCode = Literal["watched", "full", "later", "store_away"]


class Wait(Struct, frozen=True):
    """Why something of a queue waits."""

    code: WaitCode
    text: str
    count: int
    """What the sentence counts: streams, jobs at work, jobs that wait."""


class QueueState(Struct, frozen=True):
    """How a queue stands."""

    name: str
    slots: int
    """Jobs of it that may run at once on this node now."""
    idle_slots: int
    """The same while nobody watches."""
    running_here: int
    running: int
    """On all nodes."""
    waiting: int
    """Jobs that could begin now."""
    later: int
    """Jobs that wait for their time."""
    failed: int
    waiting_since: datetime | None
    """Since when the one that waits longest could begin."""
    next_at: datetime | None
    waits: list[Wait]


class Queues(Struct, frozen=True):
    """All queues, as this node sees them."""

    node: str
    streams: int
    """How many people watch now, on all nodes."""
    throttle: float
    """How much work in the background is held back on this node, 0 to 1."""
    items: list[QueueState]
    unknown: list[str]
    """Kinds of jobs that wait and that this node does not know; a newer one does."""


class Kind(Protocol):
    """A kind of job."""

    @property
    def queue(self) -> str:
        """Where it waits."""

    @property
    def tries(self) -> int:
        """Starts before it is kept as failed."""

    @property
    def gave_up(self) -> object | None:
        """What is done when it will not be done; None where nobody needs to learn of it."""


class Standing(Protocol):
    """How the open jobs of one kind stand, on all nodes together."""

    @property
    def job(self) -> str:
        """The kind."""

    @property
    def due(self) -> int:
        """Jobs that could begin now."""

    @property
    def later(self) -> int:
        """Jobs that wait for their time."""

    @property
    def running(self) -> int:
        """Jobs at work."""

    @property
    def due_since(self) -> datetime | None:
        """Since when the one that waits longest could begin."""

    @property
    def next_at(self) -> datetime | None:
        """When the next of those that wait for their time may begin."""


class Machine(Protocol):
    """What moves the jobs on this node."""

    @property
    def node(self) -> str:
        """The node's name."""

    @property
    def jobs(self) -> Mapping[str, Kind]:
        """The kinds it knows."""

    @property
    def slots(self) -> Mapping[Any, int]:
        """How many of each queue may run at once now."""

    @property
    def throttle(self) -> float:
        """How much is held back, 0 to 1."""

    def running(self) -> Mapping[Any, int]:
        """How many of each queue run on this node."""

    async def standing(self) -> Sequence[Standing]:
        """How the open jobs stand on all nodes."""

    def wake(self) -> None:
        """Something may be due."""
