"""What a job is: a name, a queue, and a coroutine function that may be run more than once."""

import inspect
import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, get_args
from uuid import UUID

import msgspec
from msgspec import Struct

from revenge.core.data import Writing

Queue = Literal["playback", "metadata", "library", "maintenance"]
QUEUES: tuple[Queue, ...] = get_args(Queue)

CEILINGS: dict[Queue, int] = {"playback": 50, "metadata": 20, "library": 10, "maintenance": 5}
"""Most jobs of a queue that run at once on one node while nobody watches (source of truth, "River Job QoS")."""

YIELDING: dict[Queue, int] = {"playback": 50, "metadata": 10, "library": 2, "maintenance": 0}
"""The same while somebody does."""

LONGEST = 60.0
"""Seconds a job may take: a lost one comes back only after its queue's longest timeout, so long work is a chain of short steps."""

_LONGEST_WAIT = 3600.0


class Overtaken(Exception):
    """The run is not this node's any more: its lease has ended and another one began, or somebody has closed the job."""


class Account(Protocol):
    """Who writes down how a run is getting on."""

    async def progress(self, id: UUID, attempt: int, done: int, total: int) -> None:
        """Show that so much of so much is done."""

    async def settle(self, db: Writing, id: UUID, attempt: int) -> None:
        """Close the job in this transaction; Overtaken when it is not this run's to close."""


class JobContext(Struct, frozen=True):
    """What a body learns about its run when it has a parameter of this type."""

    id: UUID
    """The row in the outbox."""
    key: str
    attempt: int
    """1 for the first start."""
    last: bool
    """Whether a failure now is final."""
    account: Account

    async def progress(self, done: int, total: int) -> None:
        """Show whoever looks that so much of so much is done; writes at most once a second, so it may be called at every turn."""
        await self.account.progress(self.id, self.attempt, done, total)

    async def settle(self, db: Writing) -> None:
        """Close the job in the transaction of its effect: then both are there or neither is, and the effect is there once.

        For bodies that are not idempotent. Overtaken when the run has lost its lease; the transaction must not be committed then.
        """
        await self.account.settle(db, self.id, self.attempt)


class Job(Struct, frozen=True):
    """A kind of work. The body must be idempotent: a node that dies has its jobs run again.

    Where it cannot be: what it does in the database ends with `JobContext.settle`, what it does elsewhere wants `once`.
    Its parameters are the keyword arguments of the `Ask`, converted to their annotations (`UUID`, `datetime`, a Struct …).
    """

    name: str
    """`library.probe`: what an `Ask` names."""
    queue: Queue
    run: Callable[..., Awaitable[None]]
    tries: int = 3
    """Starts before a failing job is kept as failed."""
    timeout: float = LONGEST
    """Seconds; at most 60."""
    first_wait: float = 5.0
    """Seconds between the first failure and the second try; doubled for each one after it, at most an hour."""
    ahead: bool = False
    """Whether it goes before what else waits in its queue: it ends what others have begun."""
    gave_up: Callable[..., Awaitable[None]] | None = None
    """Called with the same arguments when it failed for good or was cancelled, also where its body never ran: whoever waits must learn of it."""
    once: bool = False
    """Whether a run whose node died must not be repeated, because what it does outside the database cannot be done twice: it is kept as
    failed then, for a person to look at. What it raises itself is tried again like any other."""

    def __post_init__(self) -> None:
        """Refuse a job that could not keep its promises."""
        if not 0 < self.timeout <= LONGEST:
            raise ValueError(f"The job {self.name} must have a timeout of at most {LONGEST:.0f} s.")
        if self.tries < 1:
            raise ValueError(f"The job {self.name} must be tried at least once.")

    def wait_after(self, attempt: int, error: BaseException) -> float | None:
        """Seconds until the next try after this one failed, or None when it was the last.

        An error that knows when asking again makes sense (`retry_after`) may lengthen the wait.
        """
        if attempt >= self.tries:
            return None
        wait = min(self.first_wait * 2.0 ** (attempt - 1), _LONGEST_WAIT)
        asked: int | None = getattr(error, "retry_after", None)
        return max(wait * random.uniform(0.8, 1.2), asked or 0)  # noqa: S311 - spreading load, not secrets


class Call:
    """A coroutine function with its arguments read from JSON; what else stands there is left out."""

    def __init__(self, function: Callable[..., Awaitable[None]]) -> None:
        self._function = function
        self._context: str | None = None
        self._decode = msgspec.json.Decoder(dict[str, Any]).decode
        fields: list[Any] = []
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            kind = Any if parameter.annotation is inspect.Parameter.empty else parameter.annotation
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                return
            if kind is JobContext:
                self._context = parameter.name
            elif parameter.default is inspect.Parameter.empty:
                fields.append((parameter.name, kind))
            else:
                fields.append((parameter.name, kind, parameter.default))
        arguments = msgspec.defstruct("Arguments", fields, kw_only=True)
        read = msgspec.json.Decoder(arguments).decode
        self._decode = lambda raw: msgspec.structs.asdict(read(raw))

    async def __call__(self, raw: str | bytes, context: JobContext) -> None:
        """Call the function; raises what it raises, or a ValidationError when the arguments are not its own."""
        arguments = self._decode(raw)
        if self._context:
            arguments[self._context] = context
        await self._function(**arguments)


class Body:
    """What a job does, and what is done when it failed for good."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.run = Call(job.run)
        self.gave_up = Call(job.gave_up) if job.gave_up else None
