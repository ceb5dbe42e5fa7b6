"""What can happen to a house, each as a few lines: hit it, wait, mend it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle

from tests.cluster.faults.lab import NAMES, FaultyNode, Lab

Hit = Callable[[Lab], Iterator[None]]
"""Does harm up to its `yield`, and mends what has to be mended after it."""

_SECONDS = cycle((3.0, 5.0, 2.0, 8.0, 10.0, 4.0, 6.0, 7.0, 9.0))
HOLD = 4.0
"""Seconds between harm and mending, unless the fault is over by itself."""


def leader_killed(lab: Lab) -> Iterator[None]:
    yield from _killed(lab, lab.leader())


def follower_killed(lab: Lab) -> Iterator[None]:
    yield from _killed(lab, lab.follower())


def all_killed(lab: Lab) -> Iterator[None]:
    names = [node.name for node in lab.running()]
    for node in lab.running():
        node.kill()
    lab.start(*names)
    yield


def leader_isolated(lab: Lab) -> Iterator[None]:
    node = lab.leader()
    lab.wires.cut(node.name)
    yield
    lab.wires.mend(node.name)


def leader_stopped(lab: Lab) -> Iterator[None]:
    """For two to ten seconds, another time each time."""
    yield from _stopped(lab.leader(), next(_SECONDS))


def leader_stopped_briefly(lab: Lab) -> Iterator[None]:
    """For a second: the others may or may not doubt it."""
    yield from _stopped(lab.leader(), 1.0)


def leader_deaf(lab: Lab) -> Iterator[None]:
    """It is heard by the others and hears nothing from them."""
    node, others = lab.leader(), [other.name for other in lab.running()]
    others.remove(node.name)
    for other in others:
        lab.wires.deafen(node.name, to=other)
    yield
    for other in others:
        lab.wires.hear(node.name, to=other)


def leader_mute(lab: Lab) -> Iterator[None]:
    """It hears the others, and what it says to them is lost."""
    node, others = lab.leader(), [other.name for other in lab.running()]
    others.remove(node.name)
    for other in others:
        lab.wires.deafen(other, to=node.name)
    yield
    for other in others:
        lab.wires.hear(other, to=node.name)


def link_flaps(lab: Lab) -> Iterator[None]:
    node = lab.leader()
    for _ in range(8):
        lab.wires.cut(node.name)
        time.sleep(0.4)
        lab.wires.mend(node.name)
        time.sleep(0.4)
    yield


def journal_slow(lab: Lab) -> Iterator[None]:
    """The leader's disk takes half a second for every write."""
    node = lab.leader()
    node.slow.write_text("0.5")
    yield
    node.slow.unlink()


def disk_full(lab: Lab) -> Iterator[None]:
    """Where the third node keeps its journal nothing fits any more."""
    filler = lab.nodes["three"].raft / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 1024)
    yield
    filler.unlink()


def clock_jumps(lab: Lab) -> Iterator[None]:
    """The leader's wall clock goes forward by an hour, back by one, and right again."""
    node = lab.leader()
    for seconds in ("3600", "-3600", "0"):
        beside = node.clock.with_suffix(".new")
        beside.write_text(seconds)
        beside.replace(node.clock)
        time.sleep(2.5)
    yield


def store_restarted(lab: Lab) -> Iterator[None]:
    os.kill(lab.pid("store"), signal.SIGKILL)
    yield


def store_flushed(lab: Lab) -> Iterator[None]:
    lab.flush()
    yield


def database_restarted(lab: Lab) -> Iterator[None]:
    os.kill(lab.pid("database"), signal.SIGINT)
    yield


def journal_cut(lab: Lab) -> Iterator[None]:
    yield from _spoilt(lab, lambda log: log[:-9])


def journal_garbage(lab: Lab) -> Iterator[None]:
    yield from _spoilt(lab, lambda log: log + os.urandom(200))


def state_old(lab: Lab) -> Iterator[None]:
    """A node comes back after the others have gone on without it."""
    node = lab.follower()
    node.stop()
    yield
    lab.start(node.name)


def node_added_and_removed(lab: Lab) -> Iterator[None]:
    four = lab.nodes["four"]
    subprocess.run(["rm", "-rf", str(four.raft), str(four.data_dir)], check=True)
    four.raft.mkdir()
    lab.start("four")
    lab.settled()
    yield
    lab.leader_not(four).ask("faults.remove", address=four.settings["REVENGE_CLUSTER_RAFT_ADVERTISE_ADDR"])
    four.kill()


def rolling_restart(lab: Lab) -> Iterator[None]:
    """Every node is ended in order and started again, one after the other."""
    for name in NAMES[:3]:
        lab.nodes[name].stop()
        lab.start(name)
        lab.settled()
    yield


def _stopped(node: FaultyNode, seconds: float) -> Iterator[None]:
    node.signal(signal.SIGSTOP)
    time.sleep(seconds)
    node.signal(signal.SIGCONT)
    yield


def _killed(lab: Lab, node: FaultyNode) -> Iterator[None]:
    node.kill()
    yield
    lab.start(node.name)


def _spoilt(lab: Lab, spoil: Callable[[bytes], bytes]) -> Iterator[None]:
    node = lab.follower()
    node.kill()
    log = node.raft / "journal"
    log.write_bytes(spoil(log.read_bytes()))
    yield
    lab.start(node.name)


OF_NODES: dict[str, tuple[Hit, float]] = {
    "leader killed": (leader_killed, HOLD),
    "leader isolated": (leader_isolated, HOLD),
    "leader stopped": (leader_stopped, 1.0),
    "leader stopped briefly": (leader_stopped_briefly, 1.0),
    "leader hears nothing": (leader_deaf, HOLD),
    "leader is not heard": (leader_mute, HOLD),
    "leader's link flaps": (link_flaps, 1.0),
    "leader's journal slow": (journal_slow, HOLD),
    "leader's clock jumps": (clock_jumps, 1.0),
    "follower killed": (follower_killed, HOLD),
    "disk full": (disk_full, HOLD),
    "journal cut": (journal_cut, 1.0),
    "journal with garbage": (journal_garbage, 1.0),
    "old state": (state_old, HOLD),
    "node added and removed": (node_added_and_removed, 1.0),
    "one restart after another": (rolling_restart, 1.0),
}
"""What happens to one node: whoever asks another one notices nothing."""
OF_ALL: dict[str, tuple[Hit, float]] = {
    "all killed": (all_killed, 1.0),
    "store restarted": (store_restarted, 3.0),
    "store flushed": (store_flushed, 2.0),
    "database restarted": (database_restarted, 5.0),
}
"""What happens to all nodes: it is told in order, and goes by without anybody's help."""
FAULTS = OF_NODES | OF_ALL
MUST_MOVE = frozenset({"leader killed", "leader isolated", "leader stopped", "leader hears nothing", "leader is not heard"})
"""After these another node has to lead."""
