"""What the parts of a cluster ask of what is below them, and of the program above."""

from typing import Protocol

from cluster.table import Content, Operation, Result


class Epochs(Protocol):
    """Gives numbers that only grow, whatever happens to this cluster: the database gives them, not Raft, whose terms may repeat."""

    async def next(self, name: str) -> int:
        """A number greater than every one given before for this name; raise any error where none can be had."""


class Replicated(Protocol):
    """The table, and the way to change it."""

    @property
    def content(self) -> Content:
        """The table as this node knows it; not to be changed."""

    async def propose(self, operation: Operation, patience: float = 3.0) -> Result:
        """Carry an operation out on every node; raise NoQuorum or Unknown."""

    def now(self) -> float:
        """Seconds by this node's own clock, which only grows."""


class Counting:
    """Epochs in memory, for a single run and for tests."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    async def next(self, name: str) -> int:
        """One more than the last."""
        self._last[name] = self._last.get(name, 0) + 1
        return self._last[name]
