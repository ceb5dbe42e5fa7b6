"""A node that is about to go, or is back: what it has begun is finished, what is new goes to the others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from loguru import logger
from msgspec import Struct

from revenge.core.data import Transactions
from revenge.core.errors import Unavailable, absent
from revenge.services.nodes.entity import Cluster
from revenge.services.nodes.repository import NodeRepository

CHANNEL = "drain"
"""What PostgreSQL tells the nodes by."""
_LONGEST = 3.0
"""Seconds a part gets to stand aside: the node goes, whatever becomes of it."""

Aside = Callable[[bool], Awaitable[None]]
"""A part that stands aside (True), or takes part again."""


class Going(Cluster, Protocol):
    """The face of the cluster package, as far as going is concerned."""

    @property
    def draining(self) -> bool:
        """Whether this node is about to go."""

    async def drain(self, *, draining: bool = True) -> None:
        """Say that this node is about to go, or is back, and hand the leadership over."""


class Wish(Struct, frozen=True):
    """That a node stands aside, or takes part again."""

    node_id: str
    draining: bool = True


class Draining:
    """Lets this node stand aside, and asks others to."""

    def __init__(
        self,
        cluster: Going,
        database: Transactions,
        others: Callable[[], Sequence[str]],
        aside: Sequence[tuple[str, Aside]],
        busy: Mapping[str, Callable[[], int]],
    ) -> None:
        """`others` names the nodes a player may turn to, `aside` the parts that stand aside; `busy` counts what still runs here, by its name."""
        self._cluster, self._database, self._others, self._aside, self._busy = cluster, database, others, aside, busy
        self._rows = NodeRepository()
        self._turn = asyncio.Lock()
        self._heard: set[asyncio.Task[None]] = set()

    @property
    def on(self) -> bool:
        """Whether this node stands aside."""
        return self._cluster.draining

    def leaving(self) -> Unavailable | None:
        """Say why a stream should go on from another node, where there is one."""
        if not self.on or not self._others():
            return None
        return Unavailable("This node is about to go; the others go on with the stream.", code="draining", retry_after=1)

    async def set(self, *, draining: bool) -> None:
        """Stand aside, or take part again. Whatever one part says, the others follow."""
        async with self._turn:
            if draining != self.on:
                logger.info("This node {}.", "stands aside" if draining else "takes part again")
            await asyncio.gather(*(self._tell(name, part, draining) for name, part in [("cluster", self._stand), *self._aside]))

    async def wish(self, wish: Wish) -> None:
        """Let any node of the cluster stand aside; NotFound for one that is no member."""
        if wish.node_id == self._cluster.node_id:
            await self.set(draining=wish.draining)
            return
        if wish.node_id not in {str(getattr(member, "node_id", "")) for member in self._cluster.members()}:
            absent("node", wish.node_id)
        async with self._database.read() as db:
            await self._rows.tell(db, CHANNEL, msgspec.json.encode(wish).decode())

    async def command(self, body: dict[str, Any]) -> dict[str, int]:
        """What a command on this machine asks for (`draining`, unless it only looks), and what still runs here."""
        if "draining" in body:
            await self.set(draining=bool(body["draining"]))
        return {name: count() for name, count in self._busy.items()}

    def hear(self, payload: str) -> None:
        """Another node was asked for something; called in the event loop with what PostgreSQL told."""
        try:
            wish = msgspec.json.decode(payload, type=Wish)
        except msgspec.MsgspecError:
            logger.warning("A wish to drain a node could not be read.")
            return
        if wish.node_id == self._cluster.node_id:
            task = asyncio.create_task(self.set(draining=wish.draining), name="drain")
            self._heard.add(task)
            task.add_done_callback(self._heard.discard)

    async def _stand(self, draining: bool) -> None:
        await self._cluster.drain(draining=draining)

    async def _tell(self, name: str, part: Aside, draining: bool) -> None:
        try:
            async with asyncio.timeout(_LONGEST):
                await part(draining)
        except Exception as error:  # noqa: BLE001 - a node that goes is not held back by one part
            logger.warning("Of the node's going, {} could not be told: {}", name, error or type(error).__name__)
