"""Who may do what only one node does."""

from collections.abc import AsyncIterator
from typing import Protocol


class Leadership(Protocol):
    """Whether this node leads. A cluster has one leader; a node without a cluster leads itself."""

    @property
    def token(self) -> int | None:
        """The fencing token to check in the transaction of every effect of leading; None while this node does not lead."""

    def changes(self) -> AsyncIterator[object]:
        """Yield now and whenever somebody else leads, or nobody; whoever is slow gets the newest only."""

    def renew(self, token: int) -> None:
        """Get a greater number than this one, which the database refused, if this node still leads by it.

        Whoever holds the greater number leads, so ask only when that one is missed: a task stays undone for a minute after its time.
        """
