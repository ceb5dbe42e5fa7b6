"""What strangers at the port can do: nothing. No packet of theirs is read beyond its first bytes, nothing is executed, nobody is disturbed."""

import os
import pickle
import socket
import threading
import time

import pytest
from pysyncobj.poller import createPoller

from cluster.clock import boottime
from cluster.errors import Refused
from cluster.wire.ask import NoAnswer, ask
from cluster.wire.door import IN_ALL
from cluster.wire.handshake import HELLO, MAGIC, Dialer, Stranger, answer, stretched
from cluster.wire.intro import Intro, encode
from cluster.wire.network import Network
from cluster.wire.seal import LARGEST, Forged
from tests.fixtures.ports import free_address

KEY = stretched("the secret of this cluster, long enough")
OTHER_KEY = stretched("another secret of the same length......")


class Station:
    """A node's network with a thread of its own, and what it heard."""

    def __init__(self, address, key=KEY, peers=()):
        self.poller, self.heard_messages, self.ups, self.downs = createPoller("auto"), [], [], []
        self.network = Network(address, key, "1.0", boottime)
        self.network.listener = self
        for peer in peers:
            self.network.know(peer)
        self.network.listen(address, self.poller)
        self.changed = threading.Condition()
        self.running = True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.running:
            self.poller.poll(0.02)
            self.network.tick()
        self.network.close()

    def note(self, where, what):
        with self.changed:
            where.append(what)
            self.changed.notify_all()

    def heard(self, peer, message):
        self.note(self.heard_messages, (peer, message))

    def up(self, peer):
        self.note(self.ups, peer)

    def down(self, peer):
        self.note(self.downs, peer)

    def asked(self, question, body, reply):
        reply({"you asked": question, **body})

    def wait(self, condition, seconds=5):
        with self.changed:
            assert self.changed.wait_for(condition, seconds)

    def stop(self):
        self.running = False
        self.thread.join()


@pytest.fixture
def pair():
    """Two nodes that know each other, with an open link."""
    one, two = free_address(), free_address()
    stations = [Station(one, peers=[two]), Station(two, peers=[one])]
    try:
        for station in stations:
            station.wait(lambda station=station: station.ups)
        yield stations
    finally:
        for station in stations:
            station.stop()


def dial(station):
    host, _, port = station.network.me.rpartition(":")
    sock = socket.create_connection((host, int(port)), 5)
    sock.settimeout(8)
    return sock


def ended(sock):
    """Whether the other side closed the connection, without a word more than its hello."""
    try:
        return len(sock.recv(4096)) == 0
    except ConnectionError:
        return True


def still_talks(pair):
    one, two = pair
    downs = len(one.downs) + len(two.downs)
    before = len(two.heard_messages)
    one.network.send(two.network.me, {"type": "rv_term", "term": 7})
    two.wait(lambda: len(two.heard_messages) > before)
    return len(one.downs) + len(two.downs) == downs


def test_members_understand_each_other(pair):
    assert still_talks(pair)
    peer, message = pair[1].heard_messages[-1]
    assert (peer, message) == (pair[0].network.me, {"type": "rv_term", "term": 7})


class Trap:
    """A pickle that leaves a trace where it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_from_a_stranger_is_thrown_away_unread(pair, tmp_path):
    trace = tmp_path / "executed"
    evil = pickle.dumps(Trap(trace))
    for data in (evil * 20, len(evil).to_bytes(4, "little") + evil, MAGIC + evil.ljust(HELLO, b"\0")):
        with dial(pair[0]) as sock:
            sock.sendall(data)
            assert ended(sock)
    assert not trace.exists()
    assert still_talks(pair)


def test_a_pickle_from_somebody_with_the_secret_is_refused_as_well(pair, tmp_path):
    trace = tmp_path / "executed"
    with dial(pair[0]) as sock:
        dialer = Dialer(KEY)
        sock.sendall(dialer.hello)
        session = dialer.finish(sock.recv(HELLO))
        sock.sendall(session.seal(pickle.dumps(Trap(trace))))
        assert ended(sock)
    assert not trace.exists()
    assert still_talks(pair)


def test_a_peer_with_another_secret_gets_nothing(pair):
    with dial(pair[0]) as sock:
        sock.sendall(Dialer(OTHER_KEY).hello)
        assert ended(sock)
    with pytest.raises(NoAnswer):
        ask(pair[0].network.me, OTHER_KEY, "hello", {})
    assert still_talks(pair)


def test_a_peer_with_the_secret_is_answered(pair):
    assert ask(pair[0].network.me, KEY, "hello", {"n": 1}) == {"you asked": "hello", "n": 1}


def test_somebody_with_the_secret_who_is_no_member_is_told_so(pair):
    with dial(pair[0]) as sock:
        dialer = Dialer(KEY)
        sock.sendall(dialer.hello)
        session = dialer.finish(sock.recv(HELLO))
        sock.sendall(session.seal(encode(Intro("node", "10.0.0.9:7000"))))
        assert b"is not a member" in session.open(sock.recv(4096))[0]


def test_a_node_that_speaks_another_protocol_is_told_in_a_sentence(pair):
    with dial(pair[0]) as sock:
        dialer = Dialer(KEY)
        sock.sendall(dialer.hello)
        session = dialer.finish(sock.recv(HELLO))
        sock.sendall(session.seal(encode(Intro("ask", protocol=99, version="9.9"))))
        assert b"speaks protocol 1, yours (9.9) speaks 99" in session.open(sock.recv(4096))[0]


def test_a_recorded_hello_played_again_opens_nothing(pair):
    recorded = Dialer(KEY).hello
    for _ in range(2):
        with dial(pair[0]) as sock:
            sock.sendall(recorded)
            assert len(sock.recv(4096)) == HELLO
            sock.sendall((64).to_bytes(4, "big") + os.urandom(64))
            assert ended(sock)
    assert still_talks(pair)


def test_frames_that_are_too_large_end_the_link_before_they_are_here(pair):
    with dial(pair[0]) as sock:
        dialer = Dialer(KEY)
        sock.sendall(dialer.hello)
        dialer.finish(sock.recv(HELLO))
        sock.sendall((LARGEST * 100).to_bytes(4, "big"))
        assert ended(sock)
    assert still_talks(pair)


def test_whoever_says_nothing_is_shown_out_soon(pair, monkeypatch):
    monkeypatch.setattr("cluster.wire.link.PATIENCE", 0.4)
    with dial(pair[0]) as sock:
        sock.sendall(b"rv")
        begun = time.monotonic()
        assert ended(sock)
        assert 0.3 < time.monotonic() - begun < 3
    assert still_talks(pair)


def test_a_flood_of_strangers_disturbs_no_member(pair):
    one, _ = pair
    crowd = []
    try:
        for _ in range(2 * IN_ALL):
            crowd.append(dial(one))
            crowd[-1].sendall(os.urandom(50))
        assert still_talks(pair)
        waiting = [link for link in list(one.network._links) if not link.opened]
        assert len(waiting) <= IN_ALL
        assert ask(one.network.me, KEY, "hello", {}, patience=5.0)
    finally:
        for sock in crowd:
            sock.close()


def sessions():
    dialer = Dialer(KEY)
    reply, theirs = answer(KEY, dialer.hello)
    return dialer.finish(reply), theirs


def test_a_frame_opens_once_in_its_turn_and_unaltered():
    ours, theirs = sessions()
    first, second = ours.seal(b"first"), ours.seal(b"second")
    assert theirs.open(first) == [b"first"]
    with pytest.raises(Forged):
        theirs.open(first)
    ours, theirs = sessions()
    first, second = ours.seal(b"first"), ours.seal(b"second")
    with pytest.raises(Forged):
        theirs.open(second)
    for place in range(4, len(first)):
        ours, theirs = sessions()
        frame = bytearray(ours.seal(b"first"))
        frame[place] ^= 1
        with pytest.raises(Forged):
            theirs.open(bytes(frame))


def test_a_frame_of_one_link_does_not_open_on_another_nor_on_its_way_back():
    ours, theirs = sessions()
    _, others = sessions()
    frame = ours.seal(b"secret words")
    assert b"secret words" not in frame
    with pytest.raises(Forged):
        others.open(frame)
    with pytest.raises(Forged):
        ours.open(frame)
    assert theirs.open(frame[:3]) == []
    assert theirs.open(frame[3:]) == [b"secret words"]


def test_an_answer_to_somebody_elses_hello_is_not_taken():
    one, other = Dialer(KEY), Dialer(KEY)
    reply, _ = answer(KEY, one.hello)
    with pytest.raises(Stranger):
        other.finish(reply)
    altered = bytearray(one.hello)
    altered[20] ^= 1
    with pytest.raises(Stranger):
        answer(KEY, bytes(altered))


def test_without_a_secret_or_with_a_short_one_nothing_starts():
    for secret in ("", "short", "x" * 31):
        with pytest.raises(Refused, match=r"cluster\.secret"):
            stretched(secret)
