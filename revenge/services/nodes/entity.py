"""What a node is, and what a cluster shows of itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct


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

    server_id: str
    """The same on every node: what programs outside know this server by."""
    cluster_id: str
    """The cluster's own id; empty where none runs."""
    node_id: str
    role: Literal["leader", "follower", "alone"]
    leader: str | None
    term: int
    has_quorum: bool
    nodes: list[Node]


class Cluster(Protocol):
    """The face of the cluster package: bootstrap alone has the key to it."""

    @property
    def cluster_id(self) -> str:
        """Id of the cluster; empty where none runs."""

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


class Founding(Struct, frozen=True, forbid_unknown_fields=True):
    """What a new cluster needs to know of its first node."""

    advertise_addr: str | None = None
    """`host:port` by which the others will reach it; None: the address it has in its network."""


class Joining(Struct, frozen=True, forbid_unknown_fields=True):
    """What a node needs to join a cluster whose secret it lacks."""

    url: Annotated[str, Meta(pattern="^https?://", max_length=500)]
    """HTTP address of any node of the cluster."""
    token: Annotated[str, Meta(max_length=100)]
    advertise_addr: str | None = None


class Restart(Struct, frozen=True):
    """It is prepared, and happens with the node's next start."""

    advertise_addr: str
    detail: str


class TokenWish(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a join token is good for."""

    minutes: Annotated[int, Meta(ge=1, le=1440)] = 15


class JoinToken(Struct, frozen=True):
    """Lets one node in, once."""

    token: str
    expires_at: datetime
    command: str
    """What to type on the node that shall join."""
    warning: str | None = None
    """Why another machine might not be able to use what it is given."""


class Guest(Struct, frozen=True, forbid_unknown_fields=True):
    """A node that holds a token, in the words of `cluster.invitation`."""

    id: Annotated[str, Meta(max_length=64)]
    hello: bytes
    version: Annotated[str, Meta(max_length=64)]
    protocol: int


class Welcome(Struct, frozen=True):
    """What only that guest can read: the settings it needs."""

    hello: bytes
    sealed: bytes


class Removal(Struct, frozen=True, forbid_unknown_fields=True):
    """A node to take out of the cluster."""

    node: Annotated[str, Meta(min_length=1, max_length=300)]
    """Its id or its Raft address."""
    force: bool = False
    """Also while it is there; better let it leave."""


class Membership(Protocol):
    """How nodes come and go; errors are those of `core`."""

    async def found(self, wish: Founding) -> Restart:
        """Prepare this node to be the first of a new cluster."""

    async def join(self, wish: Joining) -> Restart:
        """Prepare this node to join one."""

    async def invite(self, wish: TokenWish) -> JoinToken:
        """Make a join token."""

    async def welcome(self, guest: Guest) -> Welcome:
        """Use a token up for who holds it."""

    async def leave(self) -> None:
        """Take this node out of its cluster and end it."""

    async def remove(self, wish: Removal) -> None:
        """Take another node out."""
