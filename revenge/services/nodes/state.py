"""What the cluster shows of itself, as an answer."""

import msgspec

from revenge.services.nodes.entity import Cluster, ClusterState, Node


def shown(cluster: Cluster) -> ClusterState:
    """Who is there and who leads, as this node knows it."""
    state = {name: getattr(cluster, name) for name in ("node_id", "role", "leader", "term", "has_quorum")}
    nodes = [msgspec.convert(member, Node, from_attributes=True, strict=False) for member in cluster.members()]
    return ClusterState(**state, nodes=nodes)
