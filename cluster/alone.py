"""A cluster of one: the default. No port is opened, and the node always leads itself."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A node of the cluster."""

    node_id: str
    raft_address: str | None
    http_address: str
    state: str
    """`up`, `down`, `joining` or `draining`."""
    version: str
    last_seen: float
    """Unix seconds."""


@dataclass
class Alone:
    """The face of a cluster, with one member."""

    http_address: str
    version: str
    node_id: str
    draining: bool = False

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

    def members(self) -> list[Member]:
        """Return the one member."""
        state = "draining" if self.draining else "up"
        return [Member(self.node_id, None, self.http_address, state, self.version, time.time())]
