"""How busy the nodes have been: each samples itself, and lays what it saw into the store, so that any node can show all of them."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from loguru import logger

from revenge.core.errors import Unavailable
from revenge.core.load import EVERY, KEPT, Sample
from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

_NODES = "revenge:load"
_SECONDS = int(EVERY * KEPT)
_ANSWER_SECONDS = 0.5
_PAUSE_SECONDS = 10.0
"""For which a store that did not answer is left alone."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Sample).decode


class LoadHistory:
    """Ten minutes of samples of every node. Without the store there are this node's alone."""

    def __init__(self, store: Store, node: str, look: Callable[[], Awaitable[Sample]], every: float = EVERY) -> None:
        """`look` measures this node; it may raise Unavailable: then there is a gap. `every`: seconds between two looks."""
        self.node = node
        self._store = store
        self._look = look
        self._every = every
        self._own: deque[Sample] = deque(maxlen=KEPT)
        self._closed_until = 0.0

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["LoadHistory"]:
        """Sample for as long as the block lasts."""
        task = asyncio.create_task(keep("the load", self._sample), name="load")
        try:
            yield self
        finally:
            await end([task])

    async def of_all(self) -> dict[str, list[Sample]]:
        """Return the samples of each node that was there within the last ten minutes, oldest first."""
        found = {self.node: list(self._own)}
        if time.monotonic() < self._closed_until:
            return found
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                names = await self._store.redis.zrangebyscore(_NODES, time.time() - _SECONDS, "+inf")
                others = [name.decode() for name in names if name.decode() != self.node]
                async with self._store.redis.pipeline(transaction=False) as pipe:
                    for name in others:
                        pipe.lrange(_key(name), 0, -1)
                    kept = await pipe.execute() if others else []
            return found | {name: [_decode(raw) for raw in reversed(rows)] for name, rows in zip(others, kept, strict=True)}
        except (*GONE, msgspec.MsgspecError) as error:
            self._give_up(error)
            return found

    async def _sample(self) -> None:
        while True:
            try:
                sample = await self._look()
            except (Unavailable, OSError) as error:
                logger.debug("How busy this node is cannot be seen now: {}", error)
            else:
                self._own.append(sample)
                await self._share(sample)
            await asyncio.sleep(self._every)

    async def _share(self, sample: Sample) -> None:
        if time.monotonic() < self._closed_until:
            return
        try:
            async with asyncio.timeout(_ANSWER_SECONDS), self._store.redis.pipeline(transaction=False) as pipe:
                pipe.lpush(_key(self.node), _encode(sample))
                pipe.ltrim(_key(self.node), 0, KEPT - 1)
                pipe.expire(_key(self.node), _SECONDS)
                pipe.zadd(_NODES, {self.node: sample.at})
                pipe.zremrangebyscore(_NODES, "-inf", sample.at - _SECONDS)
                await pipe.execute()
        except GONE as error:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        logger.debug("Only this node's load is known for a moment: {}", error or type(error).__name__)
        self._closed_until = time.monotonic() + _PAUSE_SECONDS


def _key(node: str) -> str:
    return f"{_NODES}:{node}"
