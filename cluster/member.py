"""A node of the cluster as everybody sees it."""

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
