"""The settings of a cluster."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Struct

from revenge.core.settings.about import about, at_least, is_address
from revenge.core.settings.words import Duration, Secret

_ADDRESS = "an address such as 192.168.1.10:7000"


class RaftSettings(Struct, frozen=True):
    """How the nodes of a cluster agree."""

    bind_addr: Annotated[str, about("Address the node listens on for the others.", expected=_ADDRESS, check=is_address)] = "0.0.0.0:7000"
    advertise_addr: (
        Annotated[
            str,
            about(
                "Address the others reach this node by; it is the node's name in the cluster for ever.", expected=_ADDRESS, check=is_address
            ),
        ]
        | None
    ) = None
    data_dir: Annotated[Path, about("Where the log of the cluster is kept; unset means raft in the data directory.")] | None = None
    bootstrap: Annotated[bool, about("Found a new cluster; only on its first node.")] = False
    join_addrs: Annotated[
        tuple[str, ...],
        about(
            "Addresses of nodes to join, separated by commas.",
            expected="a list of addresses such as 192.168.1.11:7000,192.168.1.12:7000",
            check=lambda addresses: all(map(is_address, addresses)),
        ),
    ] = ()
    heartbeat_timeout: Annotated[Duration, about("How long a leader may be silent before it is doubted.")] = Duration(1)
    election_timeout: Annotated[Duration, about("How long the nodes wait before they elect another.")] = Duration(1)
    snapshot_interval: Annotated[Duration, about("Shortest time between two snapshots of the log.")] = Duration(120)
    snapshot_threshold: Annotated[int, about("Entries of the log after which a snapshot is taken.", ge=1)] = 8192


class ClusterSettings(Struct, frozen=True):
    """Several nodes that act as one."""

    enabled: Annotated[bool, about("Run this node as part of a cluster; needs database.url and cache.url.")] = False
    mode: Annotated[Literal["raft"], about("How the nodes agree.")] = "raft"
    node_id: Annotated[str, about("Name of this node, unlike every other's; unset means the host name.")] | None = None
    secret: (
        Annotated[
            Secret,
            about(
                "What the nodes of a cluster know each other by; the same on every node.",
                expected="at least 32 characters long",
                check=at_least(32),
            ),
        ]
        | None
    ) = None
    raft: RaftSettings = RaftSettings()
