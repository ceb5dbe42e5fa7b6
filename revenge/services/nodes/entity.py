"""What a node is, and what a cluster shows of itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct


class Node(Struct, frozen=True):
    """One node."""

    node_id: str
    raft_address: str | None
    """None where no cluster runs."""
    http_address: str
    state: Literal["up", "down", "joining", "draining"]
    version: str
    last_seen: datetime


class ClusterState(Struct, frozen=True):
    """Who is there and who leads, as this node knows it."""

    node_id: str
    role: Literal["leader", "follower", "alone"]
    leader: str | None
    term: int
    has_quorum: bool
    nodes: list[Node]


class Cluster(Protocol):
    """The face of the cluster package: bootstrap alone has the key to it."""

    @property
    def node_id(self) -> str:
        """This node."""

    @property
    def role(self) -> str:
        """`leader`, `follower` or `alone`."""

    @property
    def leader(self) -> str | None:
        """The node that leads, where one does."""

    @property
    def term(self) -> int:
        """The number of its reign."""

    @property
    def has_quorum(self) -> bool:
        """Whether enough nodes see each other."""

    def members(self) -> Sequence[object]:
        """Return every node, each with the attributes of `Node`; `last_seen` in Unix seconds."""
