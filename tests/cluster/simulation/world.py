"""Several nodes in one thread and in made-up time: every step, delay and fault comes from one seed."""

import heapq
import random
import zlib
from itertools import combinations

import msgspec
import pysyncobj.syncobj
from pysyncobj.node import Node

from cluster.disk.journal import Journal
from cluster.disk.snapshot import Snapshots
from cluster.raft.agent import Agent
from cluster.raft.library import SUCCESS
from cluster.sightings import Sightings, take
from cluster.table import Table
from cluster.timing import Timing
from tests.cluster.simulation.disk import PowerCut, SimDisk
from tests.cluster.simulation.wire import SimWire


class SimNode:
    """A machine: a clock of its own speed, a disk, and sometimes a running node."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        dice = world.dice
        self.rate, self.offset = dice.uniform(0.98, 1.02), dice.uniform(0, 1e6)
        self.disk = SimDisk(dice)
        self.agent = self.table = self.sightings = None
        self.stalled_until = 0.0
        self.life = 0

    def clock(self):
        return self.offset + self.world.time * self.rate

    def start(self):
        world = self.world
        self.life += 1
        self.stalled_until = 0.0
        self.sightings = Sightings(self.clock)
        self.table = Table(lambda operation, result: None)
        wire = world.wires[self.name] = SimWire(self.name, world)
        with world.running(self):
            journal = Journal(self.disk)
            members = [name for name in world.nodes if name != self.name]
            self.agent = Agent(
                self.name,
                members,
                wire,
                journal,
                Snapshots(self.disk, self.clock),
                self.table,
                world.timing,
                self.clock,
                dice=world.dice,
                may_found=True,
                reign={"address": self.name, "cluster": "c", "node": {}},
            )
            self.agent._poller = wire
        world.after(0.0, self.step, self.life)

    def stop(self):
        if self.agent is not None:
            self.world.wires[self.name].close()
            self.agent = None

    def step(self, life):
        """One turn of the node's own loop, then the next one."""
        if life != self.life or self.agent is None:
            return
        if self.world.time >= self.stalled_until:
            try:
                with self.world.running(self):
                    self.agent.tick()
                    self.sightings.look(self.table.content)
            except PowerCut:
                self.stop()
                return
        self.world.after(self.world.dice.uniform(0.004, 0.05), self.step, life)

    def leads(self):
        """What this node believes at this very moment, standing still or not."""
        with self.world.running(self):
            return self.agent is not None and self.agent.leads()


class World:
    """The time, the nodes, the network between them, and what they promised."""

    def __init__(self, seed, size=3, **timing):
        self.seed = seed
        self.dice = random.Random(seed)
        self.time = 0.0
        self.timing = Timing(**{"snapshot_interval": 4.0, **timing})
        self.events, self.count = [], 0
        self.wires, self.nodes = {}, {}
        self.blocked = set()
        self.slow = {}
        self.current = None
        self.acknowledged, self.asked = {}, 0
        self.reigns, self.last_leader = [], None
        self.fence, self.holders, self.tokens = 0, {}, []
        for number in range(size):
            name = f"n{number}:7000"
            self.nodes[name] = SimNode(self, name)

    # -- time

    def after(self, delay, action, *args):
        self.count += 1
        heapq.heappush(self.events, (self.time + delay, self.count, action, args))

    def run(self, seconds):
        """Let time pass, and look at every promise after each event."""
        end = self.time + seconds
        while self.events and self.events[0][0] <= end:
            self.time, _, action, args = heapq.heappop(self.events)
            action(*args)
            self.check_leaders()
        self.time = end

    def until(self, condition, seconds):
        end = self.time + seconds
        while not condition() and self.time < end:
            self.run(0.05)
        assert condition(), f"seed {self.seed}: not within {seconds} s"

    def running(self, node):
        return _Running(self, node)

    # -- network

    def passes(self, sender, receiver):
        return (sender, receiver) not in self.blocked

    def delay(self, sender, receiver):
        return self.dice.uniform(0.0002, 0.004) + self.slow.get((sender, receiver), 0.0) * self.dice.random()

    # -- promises

    def leaders(self):
        return [name for name, node in self.nodes.items() if node.leads()]

    def check_leaders(self):
        leaders = self.leaders()
        assert len(leaders) <= 1, f"seed {self.seed}: {leaders} lead at {self.time:.3f}"
        leader = (leaders[0], self.nodes[leaders[0]].agent.term) if leaders else None
        if leader and leader != self.last_leader:
            assert leader not in self.reigns, f"seed {self.seed}: the reign {leader} came twice"
            assert not self.reigns or leader[1] > self.reigns[-1][1], f"seed {self.seed}: {leader} after {self.reigns[-1]}"
            self.reigns.append(leader)
            self.last_leader = leader

    def write(self, node):
        """A client writes through this node and waits for the answer."""
        if node.agent is None or self.time < node.stalled_until:
            return
        self.asked += 1
        key = f"k{self.asked}"

        def done(result, error):
            if error == SUCCESS:
                assert "version" in result
                self.acknowledged[key] = self.asked

        with self.running(node):
            node.agent.propose(msgspec.json.encode({"op": "set", "key": key, "value": key}), done)

    def hold(self, node, name="work", length=1.5):
        """A worker on this node wants the lease, by a fresh token of the database's."""
        if node.agent is None or self.time < node.stalled_until:
            return
        held = node.table.content.leases.get(name)
        with self.running(node):
            over = node.sightings.over(name, held) if held else None
            if held and over is None:
                return
            self.fence += 1
            token, asked = self.fence, node.clock()

            def done(result, error):
                if error == SUCCESS and result.get("token") == token:
                    self.granted(node, token, asked + length)

            self.after(self.dice.uniform(0, 0.5), self.ask, node, take(name, node.name, token, length, over), done)

    def ask(self, node, operation, done):
        if node.agent is not None and self.time >= node.stalled_until:
            with self.running(node):
                node.agent.propose(msgspec.json.encode(operation), done)

    def granted(self, node, token, until):
        """The worker begins, if its time is not over already; nobody else may be at work."""
        assert token not in self.tokens, f"seed {self.seed}: token {token} twice"
        if node.clock() >= until:
            return
        for other, (theirs, end) in self.holders.items():
            believes = other.clock() < end
            assert not believes or other is node, f"seed {self.seed}: {other.name} ({theirs}) and {node.name} ({token}) at {self.time:.3f}"
        assert not self.tokens or token > max(self.tokens), f"seed {self.seed}: token {token} after {self.tokens[-1]}"
        self.tokens.append(token)
        self.holders[node] = (token, until)

    def settle(self):
        """Everything is well again: one leader, one content, and nothing that was acknowledged is missing."""
        self.blocked.clear()
        self.slow.clear()
        for node in self.nodes.values():
            node.disk.full = node.disk.cut_soon = False
            node.stalled_until = 0.0
            if node.agent is None:
                node.start()
        self.until(lambda: len(self.leaders()) == 1, 30)
        self.write(self.nodes[self.leaders()[0]])
        self.run(3)
        contents = {name: node.table.dump() for name, node in self.nodes.items()}
        settings = [msgspec.json.decode(content)["settings"] for content in contents.values()]
        for kept in settings:
            missing = self.acknowledged.keys() - kept.keys()
            assert not missing, f"seed {self.seed}: acknowledged and lost: {sorted(missing)}"
        for one, other in combinations(contents.values(), 2):
            assert one == other, f"seed {self.seed}: nodes differ"


class _Running:
    """Whose clock the library sees."""

    def __init__(self, world, node):
        self.world, self.node = world, node

    def __enter__(self):
        self.before, self.world.current = self.world.current, self.node

    def __exit__(self, *_):
        self.world.current = self.before


def patch(monkeypatch, world):
    """Give the library the world's time and dice, and no pipes; then a seed plays out the same way each time."""
    monkeypatch.setattr(pysyncobj.syncobj, "monotonicTime", lambda: world.current.clock() if world.current else world.time)
    monkeypatch.setattr(pysyncobj.syncobj, "random", world.dice)
    monkeypatch.setattr(pysyncobj.syncobj, "PIPE_NOTIFIER_ENABLED", False)
    monkeypatch.setattr(Node, "__hash__", lambda self: zlib.crc32(self.id.encode()))  # the order of sets, from run to run
