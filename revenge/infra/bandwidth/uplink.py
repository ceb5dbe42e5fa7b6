"""The site's way out, which several nodes share: each says in the store what it needs, and takes its part of the whole."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from math import inf

from loguru import logger

from revenge.infra.bandwidth.fill import fill
from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

EVERY = 1.0
"""Seconds between two times of saying and asking."""
_FORGOTTEN_MS = 4000
"""Milliseconds after which a node that says nothing has no part."""
_NODES = "revenge:uplink"
_ANSWER_SECONDS = 0.5


class Uplink:
    """Divides one limit among the nodes that share the store. Without the store each keeps to an equal part of what it last knew."""

    def __init__(self, store: Store, node: str, wanted: Callable[[], float], take: Callable[[float], None]) -> None:
        """`wanted` returns what this node needs, `take` is told its part; both in bytes per second."""
        self._store = store
        self._node = node
        self._wanted = wanted
        self._take = take
        self._nodes = 1
        self.limit = inf
        """What the site may send to remote networks, in bytes per second."""

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Uplink"]:
        """Keep to this node's part for as long as the block lasts, and give it up at the end."""
        self._take(self.limit)
        task = asyncio.create_task(keep("the uplink", self._keep), name="uplink")
        try:
            yield self
        finally:
            await end([task])

    async def _keep(self) -> None:
        while True:
            if self.limit < inf:
                self._take(await self.part())
            else:
                self._take(inf)
            await asyncio.sleep(EVERY)

    async def part(self) -> float:
        """Say what is wanted here, and return this node's part."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                wants = await self._exchange(self._wanted())
        except GONE as error:
            logger.debug("The uplink is divided without the other nodes: {}", error or type(error).__name__)
            return self.limit / self._nodes
        self._nodes = len(wants)
        return parts(self.limit, wants)[self._node]

    async def _exchange(self, wanted: float) -> Mapping[str, float]:
        """Return what each living node wants."""
        async with self._store.redis.pipeline(transaction=False) as pipe:
            pipe.set(f"{_NODES}:{self._node}", repr(wanted), px=_FORGOTTEN_MS)
            pipe.sadd(_NODES, self._node)
            pipe.smembers(_NODES)
            names = [name.decode() for name in (await pipe.execute())[-1]]
            told = await self._store.redis.mget([f"{_NODES}:{name}" for name in names])
            if gone := [name for name, want in zip(names, told, strict=True) if want is None]:
                pipe.srem(_NODES, *gone)
                await pipe.execute()
        return {self._node: wanted} | {name: float(want) for name, want in zip(names, told, strict=True) if want is not None}


def parts(limit: float, wants: Mapping[str, float]) -> dict[str, float]:
    """Divide a limit among nodes by what they want; what nobody wants is theirs in equal parts, before they ask for it."""
    first = fill(limit, list(wants.values()))
    spare = max(0.0, limit - sum(first)) / len(wants)
    return {node: part + spare for node, part in zip(wants, first, strict=True)}
