"""Endpoint of the nodes."""

from collections.abc import Sequence

import msgspec

from revenge.api.endpoint import Endpoint, get
from revenge.services.nodes.entity import Cluster, ClusterState, Node


class NodeRoutes:
    """The door to what the cluster shows of itself."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoint."""
        return [get("/api/v1/admin/cluster", self.show, may="admin:cluster")]

    async def show(self) -> ClusterState:
        """Who is there and who leads."""
        cluster = self.cluster
        state = {name: getattr(cluster, name) for name in ("node_id", "role", "leader", "term", "has_quorum")}
        nodes = [msgspec.convert(member, Node, from_attributes=True, strict=False) for member in cluster.members()]
        return ClusterState(**state, nodes=nodes)
