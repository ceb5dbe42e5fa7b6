"""What the cluster shows of itself, as an answer."""

from typing import Protocol
from uuid import UUID

import msgspec

from revenge.services.nodes.entity import Cluster, ClusterState, Node


class Identity(Protocol):
    """Who this server is to programs outside."""

    @property
    def id(self) -> UUID:
        """The same on every node."""


def shown(cluster: Cluster, identity: Identity) -> ClusterState:
    """Who is there and who leads, as this node knows it."""
    state = {name: getattr(cluster, name) for name in ("cluster_id", "node_id", "role", "leader", "term", "has_quorum")}
    nodes = [msgspec.convert(member, Node, from_attributes=True, strict=False) for member in cluster.members()]
    return ClusterState(server_id=str(identity.id), **state, nodes=nodes)
