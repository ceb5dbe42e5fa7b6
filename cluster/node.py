"""A node of a cluster: the face for the event loop. Whatever it says of others may be a moment old; `leadership.token` is not."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from secrets import token_hex
from typing import Any

import msgspec

from cluster.clock import boottime
from cluster.configuration import Configuration
from cluster.disk.folder import Disk, Folder
from cluster.disk.identity import Identity, identity, keep
from cluster.disk.journal import Journal
from cluster.disk.snapshot import Snapshots
from cluster.errors import NoQuorum, Refused, Unknown
from cluster.invalidations import Invalidations
from cluster.joining import Asker, find
from cluster.leadership import Leadership
from cluster.leases import Leases
from cluster.member import Member
from cluster.membership import Applicant
from cluster.membership import Membership as Door
from cluster.ports import Epochs
from cluster.raft.agent import Agent
from cluster.raft.engine import NOTHING, Engine, View
from cluster.raft.library import LONGEST, NEVER_DONE, SUCCESS
from cluster.settings import Membership, Self
from cluster.table import Content, Operation, Result, Table
from cluster.wire.handshake import stretched
from cluster.wire.network import Network

log = logging.getLogger(__name__)
ALIVE = 2.0
"""Seconds since its last sign of life after which a node is shown as down."""
SWITCH = 0.0005
"""Seconds between two switches of Python's threads: at the default of 5 ms busy threads would eat up the leader's lease."""


class Node:
    """One node. The same face as `Alone`."""

    def __init__(self, settings: Membership, myself: Self, epochs: Epochs, disk: Callable[[], Disk] | None = None) -> None:
        """Nothing is opened yet; a missing secret is refused here, as Refused."""
        self.key = stretched(settings.secret)
        self.settings, self.myself = settings, myself
        self.leadership = Leadership(epochs, self._leads)
        self.leases = Leases(self, epochs, myself.node_id)
        self.configuration = Configuration(self)
        self.invalidations = Invalidations(self)
        self.draining = False
        self._open_disk = disk or (lambda: Folder(settings.folder))
        self._copy = Table(lambda _operation, _result: None)
        self._dice = Random(token_hex(8))  # noqa: S311 - spreads moments, hides nothing
        self._asker = Asker(self.key, myself.version)
        self._network: Network | None = None
        self._agent: Agent | None = None
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Task[None] | None = None

    # -- what stands

    @property
    def node_id(self) -> str:
        """This node's id."""
        return self.myself.node_id

    @property
    def role(self) -> str:
        """`leader` or `follower`."""
        return "leader" if self._leads() else "follower"

    @property
    def leader(self) -> str | None:
        """Id of the node that leads, where one does."""
        return self._id_of(self._view.leader)

    @property
    def term(self) -> int:
        """The number of the reign."""
        return self._view.term

    @property
    def has_quorum(self) -> bool:
        """Whether what is proposed here would likely be done: this node leads, or heard a leader lately."""
        return self._agent is not None and self._agent.hears()

    @property
    def cluster_id(self) -> str:
        """The name the founder gave the cluster; empty before this node knows it."""
        return self.content.cluster

    def members(self) -> list[Member]:
        """Every member, as this node sees it."""
        return [self._member(address) for address in self._view.members]

    @property
    def content(self) -> Content:
        """The replicated table as of the last change this loop was told of; not to be changed."""
        return self._copy.content

    def now(self) -> float:
        """Seconds by this node's own clock."""
        return boottime()

    def health(self) -> dict[str, Any]:
        """What a person looking for trouble wants to know."""
        view = self._view
        refused = dict(self._network.refused) if self._network else {}
        return {"turns": self._engine.turns if self._engine else 0, "disk": view.disk, "certain": view.certain, "refused": refused}

    # -- what can be done

    async def propose(self, operation: Operation, patience: float = 3.0) -> Result:
        """Carry an operation out on every node; raise NoQuorum (nothing was done) or Unknown (it may have been)."""
        command = msgspec.json.encode(operation)
        if len(command) > LONGEST:
            raise Refused(f"An operation has at most {LONGEST} bytes, this one {len(command)}.")
        agent, loop = self._agent, asyncio.get_running_loop()
        if agent is None or not agent.hears():
            raise NoQuorum("No leader is heard: this node is cut off, or the cluster has lost its quorum.")
        future: asyncio.Future[tuple[Result, int]] = loop.create_future()
        agent.propose(command, lambda result, error: self._post(_answer, future, result, error))
        try:
            result, error = await asyncio.wait_for(future, patience)
        except TimeoutError:
            raise Unknown("The cluster did not answer in time.") from None
        if error in NEVER_DONE:
            raise NoQuorum("The cluster has no leader at the moment.")
        if error != SUCCESS:
            raise Unknown("The leader changed meanwhile.")
        return result

    async def hand_over(self) -> None:
        """Give the leadership to whoever is most up to date, where this node has it."""
        if self._agent is not None and self._leads():
            self._agent.do(self._agent.transferLeadership)

    async def drain(self, *, draining: bool = True) -> None:
        """Say that this node is about to go (or is back), and hand the leadership over."""
        self.draining = draining
        with suppress(NoQuorum, Unknown):
            await self.propose({"op": "node", "address": self.settings.advertise_addr, "node": {"draining": draining}})
        if draining:
            await self.hand_over()

    async def remove(self, address: str) -> None:
        """Take a member out of the cluster, dead or alive; raise Refused with the reason where that is not possible."""
        targets = [a for a in self._view.members if a != address] or [self.settings.advertise_addr]
        await self._asker.decided(targets, "remove", {"address": address}, self._dice, rounds=20)

    async def leave(self) -> None:
        """Take this node out of its cluster. It is to be closed then, and its folder emptied before it joins any."""
        await self.drain()
        await self.remove(self.settings.advertise_addr)

    # -- life

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Found, join or come back; ready as soon as the port is open and, for a joiner, the cluster has taken it in."""
        self._loop = asyncio.get_running_loop()
        sys.setswitchinterval(SWITCH)
        try:
            await self._begin()
            yield
        finally:
            await self._end()

    async def _begin(self) -> None:
        disk = self._open_disk()
        me = identity(disk, self.settings.advertise_addr)
        if me.address != self.settings.advertise_addr:
            raise Refused(
                f"This node is {me.address} in its cluster, not {self.settings.advertise_addr}: let it leave first, and join anew."
            )
        journal, snapshots = Journal(disk), Snapshots(disk)
        if len(journal) > 1 or snapshots.kept:
            self._open(me, journal, snapshots, me.members or [], may_found=True)
            return
        peers = [peer for peer in self.settings.join_addrs if peer != me.address]
        found = await find(self._asker, peers, may_found=self.settings.bootstrap, dice=self._dice)
        if not found:
            keep(disk, msgspec.structs.replace(me, members=[me.address]))
            self._open(me, journal, snapshots, [], may_found=True)
            return
        await self._join(disk, me, journal, snapshots, found)

    async def _join(self, disk: Disk, me: Identity, journal: Journal, snapshots: Snapshots, found: list[dict[str, Any]]) -> None:
        """Open the port first, for the leader looks back before it adds anybody; then ask to be added."""
        members = sorted({member for answer in found for member in answer["members"]} - {me.address})
        keep(disk, msgspec.structs.replace(me, members=members))
        self._open(me, journal, snapshots, members, may_found=False)
        applicant = msgspec.to_builtins(Applicant(me.address, me.ident, self._said()))
        targets = [answer["leader"] for answer in found if answer["leader"]] + members
        answer = await self._asker.decided(targets, "join", applicant, self._dice)
        members = sorted(set(answer["members"]) - {me.address})
        keep(disk, msgspec.structs.replace(me, members=members))
        agent = self._agent
        assert agent is not None
        agent.do(lambda: agent.learn(members))  # it may have come through a follower, and must know the leader to let it in
        async for reign in self.leadership.changes():
            if reign.has_quorum:
                return

    def _open(self, me: Identity, journal: Journal, snapshots: Snapshots, members: list[str], *, may_found: bool) -> None:
        network = Network(me.address, self.key, self.myself.version, boottime)
        table = Table(lambda operation, result: self._post(self._heard, operation, result))
        reign = {"address": me.address, "cluster": token_hex(16), "node": {**self._said(), "ident": me.ident}}
        agent = Agent(
            me.address,
            members,
            network,
            journal,
            snapshots,
            table,
            self.settings.timing,
            boottime,
            dice=self._dice,
            may_found=may_found,
            reign=reign,
        )
        Door(agent, table, me.ident, self.key, self.myself.version)
        try:
            network.listen(self.settings.bind_addr, agent._poller)  # noqa: SLF001 - the library waits on it, so everybody must
        except OSError as reason:
            agent.close()
            raise Refused(f"The port of the cluster, {self.settings.bind_addr}, cannot be opened: {reason.strerror}.") from reason
        self._network, self._agent = network, agent
        self._engine = Engine(agent, lambda view: self._post(self._seen, view))
        self._engine.start()

    async def _end(self) -> None:
        await self.invalidations.close()
        await self.leadership.close()
        if self._told:
            self._told.cancel()
            await asyncio.gather(self._told, return_exceptions=True)
        engine, self._engine, self._agent = self._engine, None, None
        if engine is not None:
            await asyncio.to_thread(engine.close)
        self.leadership.became(None, 0, has_quorum=False, leads=False)

    # -- what the Raft thread tells

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        """From the Raft thread into the loop; a loop that is closed hears nothing more."""
        assert self._loop is not None
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)

    def _heard(self, operation: Operation, _: Result) -> None:
        if operation["op"] == "snapshot":
            self._copy.load(operation["content"])
        else:
            self._copy.carry_out(operation)
        self.leases.look()
        self.invalidations.heard(operation)
        if operation["op"] in {"lead", "node"}:
            self._seen(self._view)

    def _seen(self, view: View) -> None:
        self.leadership.became(self._id_of(view.leader), view.term, has_quorum=view.has_quorum, leads=view.leads)
        mine = self.content.nodes.get(self.settings.advertise_addr)
        if view.has_quorum and mine is not None and not self._said().items() <= mine.items() and (self._told is None or self._told.done()):
            self._told = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        """Say what became different of this node: another version, another HTTP address."""
        with suppress(NoQuorum, Unknown):
            await self.propose({"op": "node", "address": self.settings.advertise_addr, "node": self._said()})

    # -- words

    @property
    def _view(self) -> View:
        return self._engine.view if self._engine else NOTHING

    def _leads(self) -> bool:
        return self._agent is not None and self._agent.leads()

    def _said(self) -> dict[str, Any]:
        me = self.myself
        return {"node_id": me.node_id, "http_address": me.http_address, "version": me.version, "draining": self.draining}

    def _id_of(self, address: str | None) -> str | None:
        if address is None:
            return None
        said: str = self.content.nodes.get(address, {}).get("node_id", address)
        return said

    def _member(self, address: str) -> Member:
        said = self.content.nodes.get(address, {})
        mine = address == self.settings.advertise_addr
        age = 0.0 if mine else (self._network.last_heard(address) if self._network else None)
        up = age is not None and age < ALIVE
        state = "draining" if up and said.get("draining") else "up" if up else "joining" if age is None and not said else "down"
        seen = time.time() - age if age is not None else 0.0
        return Member(self._id_of(address) or address, address, said.get("http_address", ""), state, said.get("version", ""), seen)


def _answer(future: asyncio.Future[tuple[Result, int]], result: Result, error: int) -> None:
    if not future.done():
        future.set_result((result, error))
