"""The door to the street: sockets on the address that was asked for, or a sentence that says why not."""

import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from revenge.core.errors import StartRefused

BACKLOG = 1024
"""Connections that may wait to be accepted."""
_ANYWHERE = {"", "0.0.0.0", "::", "*"}  # noqa: S104 - words people write, not a decision to listen there
_WHY = {
    errno.EADDRINUSE: "it is in use. Stop the program that uses it, or choose another port with REVENGE_SERVER_PORT",
    errno.EACCES: "ports below 1024 are the system's. Choose another with REVENGE_SERVER_PORT, or give the node CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "that is no address of this machine. Set REVENGE_SERVER_HOST to one, or to 0.0.0.0 for all of them",
}


@contextmanager
def refused(host: str, port: int) -> Iterator[None]:
    """Turn the operating system's refusal to listen into a StartRefused that names the port."""
    try:
        yield
    except socket.gaierror as error:
        raise StartRefused(
            f"Cannot listen on {host}: there is no such host. Set REVENGE_SERVER_HOST to an address of this machine."
        ) from error
    except OSError as error:
        raise StartRefused(f"Cannot listen on port {port} of {host or '*'}: {_WHY.get(error.errno or 0, error.strerror)}.") from error


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to every address of the host, all on one port; port 0 takes a free one. They do not listen yet."""
    bound: list[socket.socket] = []
    with refused(host, port):
        found = socket.getaddrinfo(None if host == "*" else host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
                bound.append(_bound(family, (address[0], _port(bound) or port, *address[2:])))
        except OSError:
            close(bound)
            raise
    return bound


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        door.bind(address)
    except OSError:
        door.close()
        raise
    return door


def _port(sockets: Sequence[socket.socket]) -> int:
    return int(sockets[0].getsockname()[1]) if sockets else 0


def close(sockets: Sequence[socket.socket]) -> None:
    """Give the address back."""
    for door in sockets:
        door.close()


def page(host: str, sockets: Sequence[socket.socket], *, tls: bool) -> str:
    """The address a person on this machine opens."""
    name = "localhost" if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{_port(sockets)}/"


def certificate(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS with these files; None without. Raises StartRefused when they cannot be used."""
    if cert is None or key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise StartRefused(
            f"Cannot use the certificate {cert} with the key {key}: {error}. Check server.tls.cert and server.tls.key."
        ) from error
    return context
