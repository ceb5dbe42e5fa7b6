"""Who this node is in its cluster: kept beside the log, because no line of the log names the first member."""

import secrets

import msgspec
from msgspec import Struct

from cluster.disk.folder import Disk, sealed, unsealed

NAME = "node"


class Identity(Struct, frozen=True):
    """What a node knows of itself before it reads its log."""

    ident: str
    """Made once for a disk; tells an empty disk under an old address from the old one."""
    address: str
    """The address this node has in the cluster."""
    members: list[str] | None = None
    """The members it was told when it joined, or only itself for the founder; None before either."""


def identity(disk: Disk, address: str) -> Identity:
    """Read who this node is, or make it up and keep it; raise Damaged where it cannot be read."""
    kept = disk.read(NAME)
    if kept is not None:
        return msgspec.json.decode(unsealed(NAME, kept), type=Identity)
    return keep(disk, Identity(secrets.token_hex(16), address))


def keep(disk: Disk, known: Identity) -> Identity:
    """Keep it, durably."""
    disk.replace(NAME, sealed(msgspec.json.encode(known)))
    return known
