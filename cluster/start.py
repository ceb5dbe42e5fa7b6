"""How a node starts: it comes back with its log, founds a cluster, or finds the one that shall take it in."""

from collections.abc import Callable
from random import Random
from secrets import token_hex
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cluster.clock import boottime
from cluster.disk.folder import LEFT, Disk
from cluster.disk.identity import Identity, identity, keep
from cluster.disk.journal import Journal
from cluster.disk.snapshot import Snapshots
from cluster.errors import Refused
from cluster.joining import Asker, find
from cluster.membership import Applicant, Door
from cluster.ports import Record
from cluster.raft.agent import Agent
from cluster.raft.engine import Engine, View
from cluster.settings import Membership, Self
from cluster.table import Table
from cluster.wire.network import Network


class Beginning(Struct, frozen=True):
    """What a node knows before it opens its port."""

    me: Identity
    journal: Journal
    snapshots: Snapshots
    members: list[str]
    found: list[dict[str, Any]] = []
    """Answers of the nodes whose cluster this one must still join; empty for a founder and for one that comes back."""


class Running(Struct, frozen=True):
    """A node that is open."""

    network: Network
    agent: Agent
    engine: Engine


async def begin(settings: Membership, disk: Disk, record: Record, asker: Asker, dice: Random) -> Beginning:
    """Find out how this node comes to its cluster. Waits until there is one; raise Refused or Damaged with a sentence."""
    if disk.read(LEFT) is not None:
        raise Refused(
            "This node has left its cluster: `revenge cluster join` lets it join again. Without a cluster, take cluster.enabled away."
        )
    me = identity(disk, settings.advertise_addr)
    if me.address != settings.advertise_addr:
        raise Refused(
            f"This node is {me.address} in its cluster, not {settings.advertise_addr}. An address is a node's name: "
            "run `revenge cluster leave`, then `revenge cluster join`, and start it again."
        )
    journal, snapshots = Journal(disk), Snapshots(disk)
    if len(journal) > 1 or snapshots.kept:
        return Beginning(me, journal, snapshots, me.members or [])
    peers = [peer for peer in settings.join_addrs if peer != me.address]
    if not peers and not settings.bootstrap:
        raise Refused("This node knows no cluster: set cluster.raft.join_addrs, or cluster.raft.bootstrap on the first node of a new one.")
    found = await find(asker, peers, may_found=settings.bootstrap, dice=dice)
    if not found:
        await _may_found(record)
        return Beginning(keep(disk, replace(me, members=[me.address])), journal, snapshots, [])
    members = sorted({member for answer in found for member in answer["members"]} - {me.address})
    return Beginning(keep(disk, replace(me, members=members)), journal, snapshots, members, found)


async def _may_found(record: Record) -> None:
    if owner := await record.owner():
        raise Refused(
            f"The database belongs to a cluster already ({owner}), whose nodes do not answer at cluster.raft.join_addrs. Correct the addresses "
            "and take cluster.raft.bootstrap away; if those nodes are gone for good, `revenge cluster force-single` frees the database."
        )


def opened(
    beginning: Beginning,
    settings: Membership,
    myself: Self,
    key: bytes,
    table: Table,
    said: dict[str, Any],
    dice: Random,
    seen: Callable[[View], None],
) -> Running:
    """Open the port and begin to take part; raise Refused where the port cannot be opened. `said` is what the others shall know of this node."""
    me = beginning.me
    network = Network(me.address, key, myself.version, boottime)
    agent = Agent(
        me.address, beginning.members, network, beginning.journal, beginning.snapshots, table, settings.timing, boottime,
        dice=dice, may_found=not beginning.found, reign={"address": me.address, "cluster": token_hex(16), "node": {**said, "ident": me.ident}},
    )  # fmt: skip
    Door(agent, table, me.ident, key, myself.version)
    try:
        network.listen(settings.bind_addr, agent._poller)  # noqa: SLF001 - the library waits on it, so everybody must
    except OSError as reason:
        agent.close()
        raise Refused(f"The port of the cluster, {settings.bind_addr}, cannot be opened: {reason.strerror}.") from reason
    except ValueError as reason:
        agent.close()
        raise Refused(
            f"cluster.raft.bind_addr is {settings.bind_addr}, and must be an IP address of this machine, such as 0.0.0.0:7000."
        ) from reason
    engine = Engine(agent, seen)
    engine.start()
    return Running(network, agent, engine)


async def join(beginning: Beginning, running: Running, disk: Disk, asker: Asker, said: dict[str, Any], dice: Random) -> None:
    """Ask to be added, with the port open: the leader looks back before it adds anybody. Raise Refused with its sentence."""
    me, agent = beginning.me, running.agent
    applicant = msgspec.to_builtins(Applicant(me.address, me.ident, said))
    targets = [answer["leader"] for answer in beginning.found if answer["leader"]] + beginning.members
    answer = await asker.decided(targets, "join", applicant, dice)
    members = sorted(set(answer["members"]) - {me.address})
    keep(disk, replace(me, members=members))
    agent.do(lambda: agent.learn(members))  # it may have come through a follower, and must know the leader to let it in
