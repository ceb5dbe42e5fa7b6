"""The listening port, and how many strangers may stand in front of it."""

import errno
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from cluster.wire.link import ERROR, READ, Link, Poller
from cluster.wire.names import family, split

AT_ONCE = 4
"""Connections taken between two rounds of the Raft thread: a flood must not keep it from its heartbeats."""
FROM_ONE, IN_ALL = 16, 64
"""Connections that have not proven the secret yet, from one address and in all. One more pushes out the oldest of the busiest address."""
UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR})
"""What `connect` says when it will tell later."""


def prepare(sock: socket.socket) -> None:
    """Make a socket one that never waits, neither for us nor for small packets."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Door:
    """Takes connections and keeps the strangers few."""

    def __init__(self, bind: str, poller: Poller, arrived: Callable[[socket.socket], Link]) -> None:
        host, port = split(bind)
        self._sock = socket.socket(family(host), socket.SOCK_STREAM)
        try:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sock.setblocking(False)
            self._sock.bind((host, port))
            self._sock.listen(64)
        except OSError:
            self._sock.close()
            raise
        self._poller, self._arrived = poller, arrived
        self._strangers: dict[Link, str] = {}
        poller.subscribe(self._sock.fileno(), self._knock, READ | ERROR)

    def close(self) -> None:
        """Close the port; links that are open stay."""
        self._poller.unsubscribe(self._sock.fileno())
        self._sock.close()

    def _knock(self, _descr: int, _event: int) -> None:
        for _ in range(AT_ONCE):
            try:
                sock, address = self._sock.accept()
            except OSError:  # nobody left, one who went away again, or no descriptors: the next round tries again
                return
            self._make_room(address[0])
            with suppress(OSError):
                prepare(sock)
                self._strangers[self._arrived(sock)] = address[0]

    def _make_room(self, ip: str) -> None:
        self._strangers = {link: origin for link, origin in self._strangers.items() if link.alive and not link.opened}
        crowds = Counter(self._strangers.values())
        if crowds[ip] >= FROM_ONE:
            self._push_out(ip)
        elif len(self._strangers) >= IN_ALL:
            self._push_out(crowds.most_common(1)[0][0])

    def _push_out(self, ip: str) -> None:
        oldest = next(link for link, origin in self._strangers.items() if origin == ip)
        del self._strangers[oldest]
        oldest.close()
