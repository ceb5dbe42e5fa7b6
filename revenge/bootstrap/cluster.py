"""Whether this node is one of several or alone: asked here once, and nowhere else."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import revenge
from cluster import Alone, Damaged, Membership, Node, Refused, Self, Timing
from revenge.bootstrap.settings import Settings
from revenge.core.errors import StartRefused, Unavailable
from revenge.infra.bus import Bus
from revenge.infra.epochs import Epochs


class Clustered:
    """This node's place among the nodes of its database, as a part with a life."""

    def __init__(self, settings: Settings, epochs: Epochs, bus: Bus) -> None:
        """Raise StartRefused where a setting is missing that a cluster needs."""
        self.epochs = epochs
        self.node: Alone | Node = _node(settings, epochs) if settings.cluster.enabled else _alone(settings, epochs)
        if isinstance(self.node, Node):
            bus.carry(self.node.invalidations.publish)
            self.node.invalidations.listen(bus.carried)

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Take part for as long as the block lasts. What the cluster refuses stops the start, with its sentence."""
        async with AsyncExitStack() as stack:
            try:
                await self._alone_on_the_database()
                await stack.enter_async_context(self.node.lifetime())
            except (Refused, Damaged) as error:
                raise StartRefused(str(error)) from error
            yield

    async def working(self) -> None:
        """Raise Unavailable with a sentence where this node's part in the cluster does not work."""
        if trouble := self.node.trouble():
            raise Unavailable(trouble)

    async def _alone_on_the_database(self) -> None:
        """A node without a cluster would take the schedule away from the cluster whose database it opens."""
        if isinstance(self.node, Alone) and (owner := await self.epochs.owner()):
            raise Refused(
                f"The database belongs to a cluster ({owner}), and cluster.enabled is off on this node. Set it, or end the cluster first: "
                "`revenge cluster leave` on its last node."
            )


def _alone(settings: Settings, epochs: Epochs) -> Alone:
    return Alone(address(settings), revenge.__version__, node_id(settings), epochs=epochs)


def _node(settings: Settings, epochs: Epochs) -> Node:
    myself = Self(node_id=node_id(settings), http_address=address(settings), version=revenge.__version__)
    return Node(membership(settings), myself, epochs)


def membership(settings: Settings) -> Membership:
    """The settings in the words of the package. Raises StartRefused for what is missing."""
    cluster, raft = settings.cluster, settings.cluster.raft
    if cluster.secret is None:
        raise StartRefused(
            "cluster.enabled needs cluster.secret: without it nodes cannot know each other. `revenge cluster init` makes one."
        )
    if raft.advertise_addr is None:
        raise StartRefused("cluster.enabled needs cluster.raft.advertise_addr: the address by which the other nodes reach this one.")
    try:
        timing = Timing.of(raft.heartbeat_timeout, raft.election_timeout, raft.snapshot_interval, raft.snapshot_threshold)
    except ValueError as error:
        raise StartRefused(str(error)) from error
    return Membership(
        secret=cluster.secret.reveal(),
        advertise_addr=raft.advertise_addr,
        bind_addr=raft.bind_addr,
        folder=folder(settings),
        bootstrap=raft.bootstrap,
        join_addrs=raft.join_addrs,
        timing=timing,
    )


def folder(settings: Settings) -> Path:
    """Where this node keeps what it knows of its cluster."""
    return settings.cluster.raft.data_dir or settings.data_dir / "raft"


def node_id(settings: Settings) -> str:
    """The node's name, the same after a restart: two nodes may share a host, but never a data directory."""
    return settings.cluster.node_id or f"{socket.gethostname()}:{settings.data_dir.absolute()}"


def address(settings: Settings) -> str:
    """Where people and other nodes reach this node."""
    host = socket.gethostname() if settings.server.host in {"0.0.0.0", "::"} else settings.server.host  # noqa: S104 - compared, not bound
    return settings.server.public_url or f"{'https' if settings.server.tls.cert else 'http'}://{host}:{settings.server.port}"


def origin(settings: Settings) -> str | None:
    """Where players of other nodes reach this one; None where nobody can know it: the system chooses its port."""
    parts = urlsplit(address(settings))
    return f"{parts.scheme}://{parts.netloc}" if settings.server.public_url or settings.server.port else None
