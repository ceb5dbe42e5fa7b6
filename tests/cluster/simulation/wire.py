"""A network in memory: links with delay, held back in one direction or both, as TCP does it: late, in order, or not at all."""

from collections import deque

from cluster.wire.messages import decode, encode

SILENCE = 6.0
RETRY = 0.5


class Pipe:
    """A connection between two nodes, from when it was made until one side gives it up."""

    def __init__(self, a, b):
        self.ends = (a, b)
        self.queues = {a: deque(), b: deque()}
        self.read_at = {}
        self.known = set()
        self.closed = False


class SimWire:
    """One node's wire. `world` says what passes and how late."""

    def __init__(self, me, world):
        self.me, self.world = me, world
        self.listener = None
        self.peers = {}
        self.alive = True
        self.tried = {}

    def know(self, peer):
        self.peers.setdefault(peer, None)

    def forget(self, peer):
        pipe = self.peers.pop(peer, None)
        if pipe:
            pipe.closed = True

    def send(self, peer, message):
        pipe = self.peers.get(peer)
        if pipe is None or pipe.closed or not self.alive:
            return False
        queue = pipe.queues[peer]
        at = self.world.time + self.world.delay(self.me, peer)
        queue.append([max(at, queue[-1][0] if queue else 0.0), encode(message)])
        return True

    def tick(self):
        now = self.world.time
        for peer, pipe in list(self.peers.items()):
            if pipe is not None and not pipe.closed and now - pipe.read_at[self.me] > SILENCE:
                pipe.closed = True
            if pipe is None and self.me > peer and now - self.tried.get(peer, -RETRY) >= RETRY:
                self.tried[peer] = now
                self.dial(peer)
            if pipe is not None:
                self.send(peer, {"type": "rv_ping"})

    def dial(self, peer):
        other = self.world.wires.get(peer)
        if other is None or not other.alive or self.me not in other.peers or not self.world.passes(self.me, peer):
            return
        if not self.world.passes(peer, self.me):
            return
        pipe = Pipe(self.me, peer)
        for end, wire, far in ((self.me, self, peer), (peer, other, self.me)):
            pipe.read_at[end] = self.world.time
            if wire.peers.get(far):
                wire.peers[far].closed = True
                wire.settle(far)
            wire.peers[far] = pipe

    def settle(self, peer):
        """Tell the node what became of a link."""
        pipe = self.peers.get(peer)
        if pipe is None:
            return
        if pipe.closed:
            self.peers[peer] = None
            if self.me in pipe.known:
                self.listener.down(peer)
        elif self.me not in pipe.known:
            pipe.known.add(self.me)
            self.listener.up(peer)

    def poll(self, _timeout):
        """Read what has arrived; the library calls it where it would wait for sockets."""
        for peer in sorted(self.peers):
            self.settle(peer)
            pipe = self.peers.get(peer)
            if pipe is None or not self.world.passes(peer, self.me):
                continue
            queue = pipe.queues[self.me]
            while queue and queue[0][0] <= self.world.time and not pipe.closed and self.peers.get(peer) is pipe:
                _, data = queue.popleft()
                pipe.read_at[self.me] = self.world.time
                message = decode(data)
                if message["type"] != "rv_ping":
                    self.listener.heard(peer, message)

    def subscribe(self, *_):
        """No sockets here."""

    unsubscribe = subscribe

    def close(self):
        self.alive = False
        for pipe in self.peers.values():
            if pipe:
                pipe.closed = True
