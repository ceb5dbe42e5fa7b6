"""Everything about the nodes that helps whoever looks after them, on one page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from revenge.core.errors import RevengeError
from revenge.services.nodes.entity import Cluster, Node


class Root(Struct, frozen=True):
    """A folder of a library, from where a node stands."""

    path: str
    seen: bool


class NodeView(Struct, frozen=True):
    """One node, and how it is. What a node has not told lately is None."""

    node: Node
    leads: bool
    here: bool
    """Whether it is the node that answers."""
    load: float | None = None
    """Processes that want to run, per core."""
    streams: int | None = None
    jobs: int | None = None
    behind: int | None = None
    """Entries of the cluster's log that it has not carried out yet."""
    roots: list[Root] = []


class LeaseView(Struct, frozen=True):
    """A lease somebody holds."""

    name: str
    holder: str
    token: int


class TaskView(Struct, frozen=True):
    """Something that is done again and again."""

    name: str
    rule: str
    missed: str
    last: datetime | None
    """The newest time it was done for."""
    node: str | None
    """Who led then."""
    next: datetime


class ReignView(Struct, frozen=True):
    """Who led since when, as the node that answers saw it."""

    at: datetime
    leader: str | None
    term: int
    has_quorum: bool


class Overview(Struct, frozen=True):
    """The cluster at work."""

    role: str
    leader: str | None
    term: int
    has_quorum: bool
    nodes: list[NodeView]
    leases: list[LeaseView]
    schedules: list[TaskView]
    history: list[ReignView]
    """Newest first."""


class Face(Cluster, Protocol):
    """The face of the cluster package, as far as it is looked at here."""

    @property
    def leases(self) -> Any:
        """Its `standing()` are the leases that are held."""

    @property
    def leadership(self) -> Any:
        """Its `history` are the last reigns with their times."""


Vitals = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]
"""How nodes are, by their ids."""
Schedules = Callable[[], Awaitable[Sequence[Any]]]
"""How the tasks of the schedule stand."""


class Overviews:
    """Puts together what the parts know."""

    def __init__(self, cluster: Face, vitals: Vitals, schedules: Schedules) -> None:
        self._cluster, self._vitals, self._schedules = cluster, vitals, schedules

    async def look(self) -> Overview:
        """Return how everything stands; the schedule is empty while the database is away."""
        cluster = self._cluster
        reigns = [
            ReignView(datetime.fromtimestamp(at, UTC), one.leader, one.term, one.has_quorum) for at, one in cluster.leadership.history
        ]
        return Overview(
            role=cluster.role,
            leader=cluster.leader,
            term=cluster.term,
            has_quorum=cluster.has_quorum,
            nodes=await self._nodes(),
            leases=[LeaseView(one.name, one.holder, one.token) for one in cluster.leases.standing()],
            schedules=await self._tasks(),
            history=reigns[::-1],
        )

    async def _nodes(self) -> list[NodeView]:
        nodes = [msgspec.convert(member, Node, from_attributes=True, strict=False) for member in self._cluster.members()]
        vitals = await self._vitals([node.node_id for node in nodes])
        newest = max((one.applied for one in vitals.values()), default=0)
        return [self._view(node, vitals.get(node.node_id), newest) for node in sorted(nodes, key=lambda node: node.node_id)]

    def _view(self, node: Node, vitals: Any, newest: int) -> NodeView:
        plain = NodeView(node, leads=node.node_id == self._cluster.leader, here=node.node_id == self._cluster.node_id)
        if vitals is None:
            return plain
        return msgspec.structs.replace(
            plain,
            load=vitals.load,
            streams=vitals.streams,
            jobs=vitals.jobs,
            behind=newest - vitals.applied,
            roots=[Root(root.path, root.seen) for root in vitals.roots],
        )

    async def _tasks(self) -> list[TaskView]:
        try:
            standing = await self._schedules()
        except RevengeError:
            return []
        return [
            TaskView(one.task.name, one.task.rule, one.task.missed, one.last and one.last.slot, one.last and one.last.node, one.next)
            for one in standing
        ]
