"""Which addresses are this machine's own, and what of the settings another machine can use."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from revenge.bootstrap.settings import Settings
from revenge.core.errors import Invalid

_HERE = {"", "localhost", "127.0.0.1", "::1"}


def own_address(settings: Settings, towards: str) -> str:
    """The address of this machine's network that leads to the host of a URL, with the cluster's port. Invalid where nobody can know it."""
    if settings.cluster.raft.advertise_addr:
        return settings.cluster.raft.advertise_addr
    parts = urlsplit(towards)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM)[0]
        with socket.socket(found[0], socket.SOCK_DGRAM) as there:
            there.connect(found[4])  # nothing is sent: the kernel looks up the way
            host = there.getsockname()[0]
    except OSError as error:
        raise Invalid(f"The address of this node cannot be found out ({error}): name it with --advertise HOST:PORT.") from error
    if host in _HERE and parts.hostname not in _HERE:
        raise Invalid("This node has no address but its own: name one with --advertise HOST:PORT.")
    port = settings.cluster.raft.bind_addr.rpartition(":")[2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def near(settings: Settings) -> str | None:
    """A sentence where the database or the store is named in a way that means something else on another machine."""
    urls = {"database.url": settings.database.url, "cache.url": settings.cache.url}
    local = [name for name, url in urls.items() if url and _is_here(url)]
    if not local:
        return None
    verb = "names" if len(local) == 1 else "name"
    return f"{' and '.join(local)} {verb} this very machine: set them on the other node to addresses it can reach."


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return (parts.hostname or "") in _HERE or parts.scheme == "unix"


def tellable(settings: Settings, members: Sequence[str]) -> dict[str, str]:
    """What a node needs that joins: the secrets all nodes share, where database and store are, and who the members are."""
    secrets = {
        "cluster.secret": settings.cluster.secret,
        "auth.jwt_secret": settings.auth.jwt_secret,
        "encryption.key": settings.encryption.key,
        "legacy.encryption_key": settings.legacy.encryption_key,
    }
    told = {"database.url": settings.database.url, "cache.url": settings.cache.url, "cluster.raft.join_addrs": ",".join(members)}
    return {path: value for path, value in told.items() if value} | {path: value.reveal() for path, value in secrets.items() if value}
