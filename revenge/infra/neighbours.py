"""Which nodes answer now, told through the shared store: where a player turns when its own node is gone."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from loguru import logger

from revenge.core.clock import Clock, now
from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

EVERY = 3.0
"""Seconds between two times of saying and asking."""
_FORGOTTEN_MS = 10_000
"""Milliseconds after which a node that says nothing is not named any more. One too many in the list harms nobody: a player goes on to the next."""
_REMEMBERED = 24 * 3600
"""Seconds in which the pages of a node that is gone may still come to the others: the longest life of a viewing."""
_NODES = "revenge:nodes"
_ANSWER_SECONDS = 2.0


class Neighbours:
    """The origins of the nodes that share the store. While the store is away, those it last knew."""

    def __init__(self, store: Store, origin: str | None, clock: Clock = now) -> None:
        """`origin` is where people reach this node (`http://one:8080`); None for a node that nobody is sent to."""
        self._store = store
        self._origin = origin
        self._clock = clock
        self._others: tuple[str, ...] = ()
        self._known: tuple[str, ...] = ()
        self._aside = False

    def origins(self) -> Sequence[str]:
        """Return the origins of the other nodes that are there now."""
        return self._others

    def known(self) -> Sequence[str]:
        """Return the origins of all other nodes of the last day: a page outlives the node it came from."""
        return self._known

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Neighbours"]:
        """Be known to the others for as long as the block lasts."""
        await self.meet()
        task = asyncio.create_task(keep("the neighbours", self._keep), name="neighbours")
        try:
            yield self
        finally:
            await end([task])
            await self._leave()

    async def meet(self) -> None:
        """Say that this node is here, and learn who else is."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                known, there = await self._exchange()
        except GONE as error:
            logger.debug("The other nodes are those last known: {}", error or type(error).__name__)
        else:
            self._known = tuple(sorted(known - {self._origin}))
            self._others = tuple(sorted(there - {self._origin}))

    async def stand_aside(self, aside: bool) -> None:
        """Be named to players no more for a while, or again."""
        self._aside = aside
        await (self._leave() if aside else self.meet())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.meet()

    async def _exchange(self) -> tuple[set[str], set[str]]:
        """Return the nodes of the last day, and those of them that are there now."""
        redis, moment = self._store.redis, self._clock().timestamp()
        async with redis.pipeline(transaction=False) as pipe:
            if self._origin is not None:
                if not self._aside:
                    pipe.set(f"{_NODES}:{self._origin}", b"", px=_FORGOTTEN_MS)
                pipe.zadd(_NODES, {self._origin: moment})
            pipe.zremrangebyscore(_NODES, 0, moment - _REMEMBERED)
            pipe.zrange(_NODES, 0, -1)
            known = [name.decode() for name in (await pipe.execute())[-1]]
        signs = await redis.mget([f"{_NODES}:{name}" for name in known]) if known else []
        return set(known), {name for name, sign in zip(known, signs, strict=True) if sign is not None}

    async def _leave(self) -> None:
        if self._origin is None:
            return
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._store.redis.delete(f"{_NODES}:{self._origin}")
        except GONE as error:
            logger.debug("The other nodes learn later that this one is gone: {}", error or type(error).__name__)
