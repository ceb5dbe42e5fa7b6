"""What a service may ask of the database without knowing which database it is."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from revenge.core.errors import Unavailable
from revenge.core.events import Event
from revenge.core.work import Ask

T = TypeVar("T")
BUSY = "database_busy"
"""Code of the Unavailable that is raised when two transactions waited for each other and this one was given up."""
_TRIES = 5


class Reading(Protocol):
    """A connection one may read from. Statements and rows are the repository's business."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run one statement and return its result."""

    async def rows(self, statement: Any, parameters: Mapping[str, Any], /) -> Sequence[Sequence[Any]]:
        """Run one statement that stands in a module and return its rows; the quick way for what is asked for all the time."""


class Writing(Reading, Protocol):
    """One transaction. What is asked for here leaves after the commit, or not at all."""

    def after(self, *events: Event) -> None:
        """Publish the events once the transaction has committed."""

    async def ask(self, *asks: Ask) -> None:
        """Write the jobs to the outbox, in this transaction."""

    async def invalidate(self, *tags: str) -> None:
        """Make every node drop what it cached under these tags, once the transaction has committed."""


class Transactions(Protocol):
    """Where a service opens its use case: one that writes is one transaction."""

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """A connection without a transaction, for reading."""

    def write(self) -> AbstractAsyncContextManager[Writing]:
        """One transaction: committed at the end of the block, rolled back by an exception."""


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do the work, one transaction, again when it was given up for another one; for what touches very many rows at once."""
    for _ in range(_TRIES - 1):
        try:
            return await work()
        except Unavailable as error:
            if error.code != BUSY:
                raise
    return await work()
