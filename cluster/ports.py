"""What the parts of a cluster ask of what is below them, and of the program above."""

from typing import Protocol

from cluster.table import Content, Operation, Result


class Epochs(Protocol):
    """Gives numbers that only grow, whatever happens to this cluster: the database gives them, not Raft, whose terms may repeat."""

    async def next(self, name: str) -> int:
        """A number greater than every one given before for this name; raise any error where none can be had."""


class Record(Epochs, Protocol):
    """What the database keeps for its nodes: numbers, and whose it is. Two clusters on one database would both believe they lead it."""

    async def owner(self) -> str:
        """Id of the cluster this database belongs to, empty where it belongs to none; raise any error where nobody can say."""

    async def claim(self, cluster: str) -> str:
        """Give the database to this cluster where it is nobody's, and return whose it is then."""

    async def release(self, cluster: str) -> None:
        """Let the database belong to nobody, where it belongs to this cluster."""


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
    """A record in memory, for a single run and for tests."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._owner = ""

    async def next(self, name: str) -> int:
        """One more than the last."""
        self._last[name] = self._last.get(name, 0) + 1
        return self._last[name]

    async def owner(self) -> str:
        """Whoever claimed it."""
        return self._owner

    async def claim(self, cluster: str) -> str:
        """First come, first served."""
        self._owner = self._owner or cluster
        return self._owner

    async def release(self, cluster: str) -> None:
        """Nobody's again."""
        if self._owner == cluster:
            self._owner = ""
