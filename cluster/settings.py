"""What a node must be told: the settings of `cluster.*`, in this package's own words."""

from pathlib import Path

from msgspec import Struct

from cluster.timing import Timing


class Membership(Struct, frozen=True, kw_only=True):
    """Where a node stands in its cluster, and how it comes to one."""

    secret: str
    advertise_addr: str
    """The node's name for the others, for ever."""
    bind_addr: str = "0.0.0.0:7000"
    folder: Path
    bootstrap: bool = False
    join_addrs: tuple[str, ...] = ()
    timing: Timing = Timing()


class Self(Struct, frozen=True, kw_only=True):
    """What a node says of itself to the others."""

    node_id: str
    http_address: str
    version: str
