"""How each node is, told through the shared store every few seconds: gone from there is gone."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
from loguru import logger
from msgspec import Struct

from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

EVERY = 5.0
"""Seconds between two times of telling."""
_FORGOTTEN_MS = 15_000
_ANSWER_SECONDS = 2.0


class Seen(Struct, frozen=True):
    """A folder of a library, from where one node stands."""

    path: str
    seen: bool


class Vitals(Struct, frozen=True):
    """How a node is."""

    load: float
    """Processes that want to run, per core, over the last minute."""
    streams: int
    jobs: int
    applied: int
    """Entries of the cluster's log that it has carried out."""
    roots: list[Seen]


class Pulse:
    """Tells how this node is, and knows how the others are."""

    def __init__(self, store: Store, node: str, look: Callable[[], Awaitable[Vitals]]) -> None:
        self._store, self._node, self._look = store, node, look

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Pulse"]:
        """Tell it for as long as the block lasts."""
        task = asyncio.create_task(keep("the pulse", self._keep), name="pulse")
        try:
            yield self
        finally:
            await end([task])

    async def of(self, nodes: Sequence[str]) -> dict[str, Vitals]:
        """Return how these nodes are, as far as they have told lately; this one is asked itself."""
        found = {self._node: await self._look()}
        others = [node for node in nodes if node != self._node]
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                told = await self._store.redis.mget([_key(node) for node in others]) if others else []
        except GONE as error:
            logger.debug("How the other nodes are is not known: {}", error or type(error).__name__)
            return found
        return found | {node: msgspec.json.decode(one, type=Vitals) for node, one in zip(others, told, strict=True) if one is not None}

    async def tell(self) -> None:
        """Tell it once."""
        said = msgspec.json.encode(await self._look())
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._store.redis.set(_key(self._node), said, px=_FORGOTTEN_MS)
        except GONE as error:
            logger.debug("How this node is could not be told: {}", error or type(error).__name__)

    async def _keep(self) -> None:
        while True:
            await self.tell()
            await asyncio.sleep(EVERY)


def _key(node: str) -> str:
    return f"revenge:vitals:{node}"
