"""Real nodes on loopback, in this process: each with a port, a thread and a folder of its own."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from cluster import Counting, Membership, Node, Self, Timing
from cluster.disk.folder import Folder
from tests.fixtures.ports import free_address

SECRET = "a secret that every node of this cluster knows"
QUICK = Timing(patience=0.5, spread=0.4)
"""Half of the smallest setting: tests need not wait like people."""


class Fillable(Folder):
    """A folder whose disk can be full."""

    full = False

    def replace(self, name, data):
        self.check()
        super().replace(name, data)

    def write(self, name, offset, data):
        self.check()
        super().write(name, offset, data)

    def check(self):
        if self.full:
            raise OSError(28, "No space left on device")


class Machine:
    """A place for a node: what it is told, its folder, and the node while it runs."""

    def __init__(self, name, path, epochs, **said):
        self.name, self.path, self.epochs = name, path / name, epochs
        self.address = free_address()
        self.said = said
        self.node = self.disk = self.stack = None

    def open_disk(self):
        self.disk = Fillable(self.path)
        return self.disk

    async def start(self, **said):
        told = {"secret": SECRET, "timing": QUICK, "bind_addr": self.address, **self.said, **said}
        settings = Membership(advertise_addr=self.address, folder=self.path, **told)
        node = Node(settings, Self(node_id=self.name, http_address=f"http://{self.name}", version="1.0"), self.epochs, self.open_disk)
        self.stack = AsyncExitStack()
        await self.stack.enter_async_context(node.lifetime())
        self.node = node
        return node

    async def stop(self):
        stack, self.stack, self.node = self.stack, None, None
        if stack:
            await stack.aclose()


class Site:
    """Several machines."""

    def __init__(self, path):
        self.path, self.epochs, self.machines = path, Counting(), []

    def machine(self, **said):
        machine = Machine(f"node-{len(self.machines) + 1}", self.path, self.epochs, **said)
        self.machines.append(machine)
        return machine

    async def three(self):
        first = self.machine(bootstrap=True)
        await first.start()
        await self.leader()
        for _ in range(2):
            await self.machine(join_addrs=(first.address,)).start()
        names = {machine.name for machine in self.machines}
        await self.until(lambda: all({member.node_id for member in machine.node.members()} == names for machine in self.machines))
        await self.leader()
        return self.machines

    def running(self):
        return [machine for machine in self.machines if machine.node]

    def leaders(self):
        return [machine for machine in self.running() if machine.node.leadership.token]

    def followers(self):
        return [machine for machine in self.running() if machine not in self.leaders()]

    async def leader(self, seconds=10):
        await self.until(lambda: len(self.leaders()) == 1, seconds)
        return self.leaders()[0]

    async def until(self, condition, seconds=10):
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    async def written(self, machine, key, value, seconds=10):
        """Write, however often it takes."""
        from cluster import NoQuorum, Unknown

        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await machine.node.configuration.set(key, value)
                except (NoQuorum, Unknown):
                    await asyncio.sleep(0.05)


@pytest.fixture
async def site(tmp_path):
    made = Site(tmp_path)
    try:
        yield made
    finally:
        for machine in made.machines:
            await machine.stop()
