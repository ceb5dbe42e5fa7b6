"""A cluster of one: the default. No port is opened, no log is kept, and the node always leads itself."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import KW_ONLY, dataclass, field

from cluster.clock import boottime
from cluster.configuration import Configuration
from cluster.invalidations import Invalidations
from cluster.leadership import Leadership
from cluster.leases import Leases
from cluster.member import Member
from cluster.ports import Counting, Epochs
from cluster.table import Content, Operation, Result, Table


@dataclass
class Alone:
    """The face of a cluster, with one member."""

    http_address: str
    version: str
    node_id: str
    draining: bool = False
    _: KW_ONLY
    epochs: Epochs = field(default_factory=Counting)
    """Where fencing tokens come from; two nodes on one database are told apart by them."""

    def __post_init__(self) -> None:
        self._table = Table(self._heard)
        self.leadership = Leadership(self.epochs, lambda: True)
        self.leases = Leases(self, self.epochs, self.node_id)
        self.configuration = Configuration(self)
        self.invalidations = Invalidations(self)

    @property
    def role(self) -> str:
        """Say what this node is: alone."""
        return "alone"

    @property
    def leader(self) -> str | None:
        """The node that leads: this one."""
        return self.node_id

    @property
    def term(self) -> int:
        """The number of the reign: it never changes, since nobody votes."""
        return 1

    @property
    def has_quorum(self) -> bool:
        """Whether the node may write: one of one always may."""
        return True

    @property
    def cluster_id(self) -> str:
        """No cluster, no name."""
        return ""

    @property
    def content(self) -> Content:
        """The table; not to be changed."""
        return self._table.content

    @property
    def applied(self) -> int:
        """No log, nothing to carry out."""
        return 0

    def members(self) -> list[Member]:
        """Return the one member."""
        state = "draining" if self.draining else "up"
        return [Member(self.node_id, None, self.http_address, state, self.version, time.time())]

    def trouble(self) -> str:
        """What is wrong with this node's part in the cluster: nothing can be."""
        return ""

    def now(self) -> float:
        """Seconds by this node's own clock."""
        return boottime()

    async def propose(self, operation: Operation, patience: float = 3.0) -> Result:  # noqa: ARG002 - nobody is waited for
        """Carry an operation out, here and now."""
        return self._table.carry_out(operation)

    async def drain(self, *, draining: bool = True) -> None:
        """Say that this node is about to go, or is back."""
        self.draining = draining

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Lead from here on, as soon as there is a number for it."""
        self.leadership.became(self.node_id, self.term, has_quorum=True, leads=True)
        try:
            yield
        finally:
            await self.invalidations.close()
            await self.leadership.close()

    def _heard(self, operation: Operation, _: Result) -> None:
        self.leases.look()
        self.invalidations.heard(operation)
