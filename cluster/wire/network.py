"""The links of a node: it listens, dials those it should, and passes messages on. All in the Raft thread."""

import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from cluster.wire import door
from cluster.wire.intro import Intro, Welcome, refusal
from cluster.wire.link import Link, Poller
from cluster.wire.messages import Message, decode, encode
from cluster.wire.names import Names, family, split

RETRY = 0.5
"""Seconds between two attempts to reach a node."""
PING = 0.3
"""Seconds between two signs of life: a link that is idle for long would be found dead only when it is needed."""
SILENCE = 6.0
"""Seconds without a sign of life after which a link is given up; longer than the longest stall that should not cost a link."""

Answer = Callable[[dict[str, Any]], None]


class Listener(Protocol):
    """Who is told what comes over the network."""

    def heard(self, peer: str, message: Message) -> None:
        """A member said something."""

    def up(self, peer: str) -> None:
        """A link to a member is open."""

    def down(self, peer: str) -> None:
        """The link to a member is gone."""

    def asked(self, question: str, body: dict[str, Any], reply: Answer) -> None:
        """Somebody with the secret asks; the reply may come later, from the Raft thread."""


class Network:
    """Links to the known nodes, by address. Of two nodes the one with the greater address dials."""

    def __init__(self, me: str, key: bytes, version: str, clock: Callable[[], float]) -> None:
        self.me = me
        self.listener: Listener | None = None
        self.heard: dict[str, float] = {}
        """When a sign of life of each node last came, by this node's clock."""
        self.refused: dict[str, str] = {}
        """Why a node does not talk to this one, as it said."""
        self._key, self._version, self._clock = key, version, clock
        self._names = Names(clock)
        self._peers: dict[str, Link | None] = {}
        self._tried: dict[str, float] = {}
        self._door: door.Door | None = None
        self._links: set[Link] = set()
        self._poller: Poller | None = None
        self._pinged = 0.0

    def last_heard(self, peer: str) -> float | None:
        """Seconds since the last sign of life of a node. Any thread may ask."""
        heard = self.heard.get(peer)
        return None if heard is None else self._clock() - heard

    def listen(self, bind: str, poller: Poller) -> None:
        """Open the port; raise OSError with the system's reason where that is not possible."""
        self._poller = poller
        self._door = door.Door(bind, poller, self._arrived)

    def know(self, peer: str) -> None:
        """Keep a link to this node from now on."""
        self._peers.setdefault(peer, None)

    def forget(self, peer: str) -> None:
        """Drop the link to this node, and accept none."""
        link = self._peers.pop(peer, None)
        self.heard.pop(peer, None)
        if link:
            link.close()

    def send(self, peer: str, message: Message) -> bool:
        """Send a message; False when there is no open link."""
        link = self._peers.get(peer)
        return link is not None and link.send(encode(message))

    def tick(self) -> None:
        """Dial, ping, and give up what is silent. Called after the sockets were read."""
        now = self._clock()
        for link in [link for link in self._links if link.expired(now, SILENCE)]:
            link.close()
        for peer in [peer for peer, link in self._peers.items() if link is None and self.me > peer]:
            self._dial(peer, now)
        if now - self._pinged >= PING:
            self._pinged = now
            for peer in list(self._peers):
                self.send(peer, {"type": "rv_ping"})

    def close(self) -> None:
        """Close the port and every link."""
        if self._door:
            self._door.close()
        for link in list(self._links):
            link.close()

    def _dial(self, peer: str, now: float) -> None:
        if now - self._tried.get(peer, -RETRY) < RETRY or self._poller is None:
            return
        self._tried[peer] = now
        host, port = split(peer)
        ip = self._names.find(host)
        if ip is None:
            return
        sock = socket.socket(family(ip), socket.SOCK_STREAM)
        door.prepare(sock)
        if sock.connect_ex((ip, port)) not in door.UNDER_WAY:
            sock.close()
            return
        said = Intro("node", self.me, version=self._version)
        link = self._keep(sock, said)
        link.peer = peer
        self._peers[peer] = link

    def _arrived(self, sock: socket.socket) -> Link:
        return self._keep(sock, None)

    def _keep(self, sock: socket.socket, dial: Intro | None) -> Link:
        assert self._poller is not None
        link = Link(sock, self._poller, self._key, self, self._clock, dial)
        self._links.add(link)
        return link

    # -- what links tell

    def introduced(self, link: Link, said: Intro) -> Welcome | None:
        """Somebody who has the secret is at the door."""
        no = refusal(said, self._version, said.address in self._peers)
        if no:
            return Welcome(no, self._version)
        if said.kind == "ask" and self.listener:
            self.listener.asked(said.question, said.body, partial(self._reply, link))
            return None
        before = self._peers[said.address]
        if before:
            before.close()
        link.peer = said.address
        link.welcome(Welcome(version=self._version), then_close=False)
        self._up(link)
        return None

    def _reply(self, link: Link, body: dict[str, Any]) -> None:
        link.welcome(Welcome(version=self._version, body=body), then_close=False)

    def welcomed(self, link: Link, said: Welcome) -> None:
        """A node that was dialed has answered."""
        if said.refused:
            self.refused[link.peer] = said.refused
            link.close()
            return
        self._up(link)

    def _up(self, link: Link) -> None:
        self.refused.pop(link.peer, None)
        self._peers[link.peer] = link
        self.heard[link.peer] = self._clock()
        if self.listener:
            self.listener.up(link.peer)

    def received(self, link: Link, message: bytes) -> None:
        """A message of a member; kinds that only newer nodes know are passed over."""
        if not link.peer:
            return
        self.heard[link.peer] = self._clock()
        known = decode(message)
        if self.listener and known is not None and known["type"] != "rv_ping":
            self.listener.heard(link.peer, known)

    def closed(self, link: Link) -> None:
        """A link is gone."""
        self._links.discard(link)
        if self._peers.get(link.peer) is link:
            self._peers[link.peer] = None
            if self.listener:
                self.listener.down(link.peer)
