"""Addresses of nodes: `host:port`, where the host may be a name. Names are looked up beside the Raft thread, never in it."""

import ipaddress
import socket
import threading
from collections.abc import Callable

FRESH = 30.0
"""Seconds a found address is used without asking again; an old one stays in use while the question is open."""
PAUSE = 10.0
"""Seconds between two questions for a name nobody knew."""


def split(address: str) -> tuple[str, int]:
    """Host and port; brackets around an IPv6 address go away. ValueError for anything that is not an address."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{address!r} is not an address such as 192.168.1.10:7000.")
    return host, int(port)


def family(ip: str) -> socket.AddressFamily:
    """IPv4 or IPv6, for a socket."""
    return socket.AF_INET if ipaddress.ip_address(ip).version == 4 else socket.AF_INET6


class Names:
    """What names stand for, as last heard."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, tuple[str | None, float]] = {}
        self._asking: set[str] = set()

    def find(self, host: str) -> str | None:
        """The address of a host, at once: a literal, what was heard before, or None while the question is open."""
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            pass
        ip, since = self._known.get(host, (None, -FRESH))
        if self._clock() - since >= (FRESH if ip else PAUSE) and host not in self._asking:
            self._asking.add(host)
            threading.Thread(target=self._ask, args=(host, ip), daemon=True, name=f"name {host}").start()
        return ip

    def _ask(self, host: str, before: str | None) -> None:
        """Look the name up; this may take as long as the resolver likes."""
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            ip: str | None = str(found[0][4][0])
        except OSError:
            ip = before
        self._known[host] = ip, self._clock()
        self._asking.discard(host)
