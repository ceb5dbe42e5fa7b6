"""One connection between two nodes. Until the other side has proven the secret it may send a few bytes, for a few seconds."""

import socket
from collections.abc import Callable
from typing import Protocol

import msgspec

from cluster.wire import intro as words
from cluster.wire.handshake import HELLO, Dialer, Stranger, answer
from cluster.wire.intro import Intro, Welcome
from cluster.wire.messages import Malformed
from cluster.wire.seal import LARGEST, Forged, Session

Clock = Callable[[], float]
"""Seconds that only grow; see `cluster.clock`."""
READ, WRITE, ERROR = 1, 2, 4
"""The library's words for what a descriptor is ready for."""
PATIENCE = 3.0
"""Seconds from the first packet to the end of the introduction."""
BACKLOG = 4 * 1024 * 1024
"""Bytes waiting for a node that does not read, after which it is taken for dead."""


class Poller(Protocol):
    """Waits for descriptors; the library brings it."""

    def subscribe(self, descr: int, callback: Callable[[int, int], None], eventMask: int) -> None:  # noqa: N803 - the library's name
        """Call back when the descriptor is ready."""

    def unsubscribe(self, descr: int) -> None:
        """Forget the descriptor."""


class Owner(Protocol):
    """Who is told what happens on a link."""

    def introduced(self, link: "Link", said: Intro) -> Welcome | None:
        """Somebody with the secret came; None leaves the answer for later (`welcome`)."""

    def welcomed(self, link: "Link", said: Welcome) -> None:
        """The node that was dialed has answered."""

    def received(self, link: "Link", message: bytes) -> None:
        """A message on an open link."""

    def closed(self, link: "Link") -> None:
        """The link is gone, for whatever reason; said once."""


class Link:
    """A socket, its seal, and where in its life it stands."""

    def __init__(self, sock: socket.socket, poller: Poller, key: bytes, owner: Owner, clock: Clock, dial: Intro | None = None) -> None:
        """`dial` is what a dialing node says of itself; None where the other side dialed."""
        self.opened = False
        self.alive = True
        self.since = self.heard = clock()
        self.peer = ""
        self._sock, self._poller, self._key, self._owner, self._clock = sock, poller, key, owner, clock
        self._dial = dial
        self._dialer = Dialer(key) if dial else None
        self._session: Session | None = None
        self._early, self._out = bytearray(), bytearray()
        self._watched = 0
        if self._dialer:
            self._out += self._dialer.hello
        self._watch()

    def send(self, message: bytes) -> bool:
        """Seal and send; False when the link is not open or has just broken."""
        if not (self.opened and self.alive and self._session):
            return False
        self._out += self._session.seal(message)
        self._flush()
        return self.alive

    def welcome(self, said: Welcome, then_close: bool) -> None:
        """Answer an introduction."""
        if self.alive and self._session:
            self._out += self._session.seal(words.encode(said))
            self.opened = not then_close
            self._flush()
        if then_close:
            self.close()

    def expired(self, now: float, silence: float) -> bool:
        """Whether it took too long to introduce itself, or was silent for too long since. Ask after reading, never before."""
        return now - self.since > PATIENCE if not self.opened else now - self.heard > silence

    def close(self) -> None:
        """End the link; what was not sent is lost."""
        if not self.alive:
            return
        self.alive = self.opened = False
        self._poller.unsubscribe(self._sock.fileno())
        self._sock.close()
        self._owner.closed(self)

    def ready(self, _: int, event: int) -> None:
        """Do what the socket is ready for; whatever is wrong with what came ends the link and nothing else."""
        try:
            if event & (READ | ERROR):
                self._read()
            if self.alive:
                self._flush()
        except (OSError, Stranger, Forged, Malformed, msgspec.DecodeError, ValueError):
            self.close()

    def _read(self) -> None:
        try:
            data = self._sock.recv(LARGEST)
        except (BlockingIOError, InterruptedError):
            return
        if not data:
            self.close()
            return
        self.heard = self._clock()
        if self._session is None:
            data = self._greet(data)
        if self._session is None:
            return
        for message in self._session.open(data, LARGEST if self.opened else words.LARGEST):
            self._take(message)
            if not self.alive:
                return

    def _greet(self, data: bytes) -> bytes:
        """Collect a hello of fixed size, and return what came after it."""
        self._early += data
        if len(self._early) < HELLO:
            return b""
        hello, rest = bytes(self._early[:HELLO]), bytes(self._early[HELLO:])
        if self._dialer and self._dial:
            self._session = self._dialer.finish(hello)
            self._out += self._session.seal(words.encode(self._dial))
        else:
            reply, self._session = answer(self._key, hello)
            self._out += reply
        return rest

    def _take(self, message: bytes) -> None:
        if self.opened:
            self._owner.received(self, message)
        elif self._dial:
            self.opened = True
            self._owner.welcomed(self, words.welcome(message))
        else:
            said = self._owner.introduced(self, words.intro(message))
            if said is not None:
                self.welcome(said, then_close=bool(said.refused))

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._sock.send(self._out)
                del self._out[:sent]
        except (BlockingIOError, InterruptedError):
            if len(self._out) > BACKLOG:
                self.close()
        except OSError:
            self.close()
        if self.alive:
            self._watch()

    def _watch(self) -> None:
        wanted = READ | ERROR | (WRITE if self._out else 0)
        if wanted != self._watched:
            self._watched = wanted
            self._poller.subscribe(self._sock.fileno(), self.ready, wanted)
