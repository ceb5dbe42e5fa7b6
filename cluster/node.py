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

from cluster.claimed import Claimed
from cluster.clock import boottime
from cluster.configuration import Configuration
from cluster.disk.folder import Disk, Folder, emptied
from cluster.errors import NoQuorum, Refused, Unknown
from cluster.health import Health, sentence
from cluster.invalidations import Invalidations
from cluster.invitations import Invitations
from cluster.joining import Asker
from cluster.leadership import Leadership
from cluster.leases import Leases
from cluster.member import Member
from cluster.outcast import Outcast
from cluster.ports import Record
from cluster.raft.agent import Agent
from cluster.raft.engine import NOTHING, View
from cluster.raft.library import LONGEST, NEVER_DONE, SUCCESS
from cluster.settings import Membership, Self
from cluster.start import Running, begin, join, opened
from cluster.table import Content, Operation, Result, Table
from cluster.wire.handshake import stretched

log = logging.getLogger(__name__)
ALIVE = 2.0
"""Seconds since its last sign of life after which a node is shown as down."""
FAREWELL = 1.0
"""Seconds a leader that ends waits for the next one to begin."""
SWITCH = 0.0005
"""Seconds between two switches of Python's threads: at the default of 5 ms busy threads would eat up the leader's lease."""


class Node:
    """One node. The same face as `Alone`."""

    def __init__(self, settings: Membership, myself: Self, record: Record, disk: Callable[[], Disk] | None = None) -> None:
        """Nothing is opened yet; a missing secret is refused here, as Refused."""
        self.key = stretched(settings.secret)
        self.settings, self.myself, self._record = settings, myself, record
        epochs = Claimed(record, lambda: self.cluster_id)
        self.leadership = Leadership(epochs, self._leads)
        self.leases = Leases(self, epochs, myself.node_id)
        self.configuration = Configuration(self)
        self.invalidations = Invalidations(self)
        self.invitations = Invitations(self, self.key)
        self.draining = False
        self.left = False
        """Whether this node is out of its cluster, for good."""
        self._open_disk = disk or (lambda: Folder(settings.folder))
        self._copy = Table(lambda _operation, _result: None)
        self._dice = Random(token_hex(8))  # noqa: S311 - spreads moments, hides nothing
        self._asker = Asker(self.key, myself.version)
        self._running: Running | None = None
        self._outcast = Outcast(self._asker, settings.advertise_addr, lambda: self._view.members, lambda: self.has_quorum)
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

    @property
    def applied(self) -> int:
        """How many entries of the log this node has carried out."""
        return int(self._agent.last_applied) if self._agent is not None else 0

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

    def health(self) -> Health:
        """What a person looking for trouble wants to know."""
        view, running = self._view, self._running
        refused = dict(running.network.refused) if running else {}
        return Health(running.engine.age if running else None, view.disk, view.certain, refused)

    def trouble(self) -> str:
        """What is wrong with this node's part in the cluster, as a sentence, or nothing."""
        return sentence(self.health(), led=self.has_quorum, removed=self._outcast.removed)

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
        """Take a member out of the cluster, dead or alive; raise Refused or NoQuorum with the reason where that is not possible."""
        targets = [a for a in self._view.members if a != address] or [self.settings.advertise_addr]
        await self._asker.decided(targets, "remove", {"address": address}, self._dice, rounds=20)

    async def leave(self) -> None:
        """Take this node out of its cluster; the last one gives the database free. It is to be closed then, which empties its folder."""
        await self.drain()
        if set(self._view.members) <= {self.settings.advertise_addr}:
            await self._record.release(self.cluster_id)
        else:
            await self.remove(self.settings.advertise_addr)
        self.left = True

    # -- life

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Found, join or come back; ready as soon as the port is open and, for a joiner, the cluster has taken it in."""
        self._loop = asyncio.get_running_loop()
        sys.setswitchinterval(SWITCH)
        try:
            await self._begin()
            looking = asyncio.create_task(self._outcast.keep(), name="whether the cluster still knows this node")
            try:
                yield
            finally:
                looking.cancel()
        finally:
            await self._end()

    async def _begin(self) -> None:
        disk = self._open_disk()
        beginning = await begin(self.settings, disk, self._record, self._asker, self._dice)
        table = Table(lambda operation, result: self._post(self._heard, operation, result))
        said = self._said()
        self._running = opened(
            beginning, self.settings, self.myself, self.key, table, said, self._dice, lambda view: self._post(self._seen, view)
        )
        if beginning.found:
            await join(beginning, self._running, disk, self._asker, said, self._dice)
            await self._led()
        with suppress(TimeoutError):  # whoever comes back serves what it can, with a leader or without
            timing = self.settings.timing
            await asyncio.wait_for(self._led(), timing.patience + timing.spread)

    async def _led(self) -> None:
        async for reign in self.leadership.changes():
            if reign.has_quorum:
                return

    async def _end(self) -> None:
        await self._hand_over_now()
        await self.invalidations.close()
        await self.leadership.close()
        if self._told:
            self._told.cancel()
            await asyncio.gather(self._told, return_exceptions=True)
        running, self._running = self._running, None
        if running is not None:
            await asyncio.to_thread(running.engine.close)
        if self.left:
            await asyncio.to_thread(emptied, self.settings.folder)
        self.leadership.became(None, 0, has_quorum=False, leads=False)

    async def _hand_over_now(self) -> None:
        """Let another lead before this node goes, where there is one: the others need not miss it first."""
        others = [member for member in self.members() if member.state == "up" and member.raft_address != self.settings.advertise_addr]
        if not others or not self._leads():
            return
        await self.hand_over()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                async for reign in self.leadership.changes():
                    if reign.leader not in {None, self.node_id}:
                        return

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
        return self._running.engine.view if self._running else NOTHING

    @property
    def _agent(self) -> Agent | None:
        return self._running.agent if self._running else None

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
        age = 0.0 if mine else (self._running.network.last_heard(address) if self._running else None)
        up = age is not None and age < ALIVE
        state = "draining" if up and said.get("draining") else "up" if up else "joining" if age is None and not said else "down"
        seen = time.time() - age if age is not None else 0.0
        return Member(self._id_of(address) or address, address, said.get("http_address", ""), state, said.get("version", ""), seen)


def _answer(future: asyncio.Future[tuple[Result, int]], result: Result, error: int) -> None:
    if not future.done():
        future.set_result((result, error))
