"""The site's way out, which several nodes share: each says in the store what it needs, and takes its part of the whole."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from math import inf

import msgspec
from loguru import logger
from msgspec import Struct

from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import Needs
from revenge.infra.bandwidth.shares import Limits, Want, divide
from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

EVERY = 0.5
"""Seconds between two times of saying and asking."""
_FORGOTTEN_MS = 4000
"""Milliseconds after which a node that says nothing has no part."""
_NODES = "revenge:uplink"
_ANSWER_SECONDS = 0.5
_written, _read = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Needs).decode


class Part(Struct, frozen=True):
    """What one node may send to remote networks, in bytes per second."""

    rate: float = inf
    behind: float = inf
    """Of it, what the background may have while somebody of the site streams."""


class Uplink:
    """Divides one limit among the nodes that share the store. Without the store each keeps to an equal part of what it last knew."""

    def __init__(self, store: Store, node: str, needs: Callable[[], Needs], take: Callable[[Part], None]) -> None:
        """`needs` returns what this node needs, `take` is told its part."""
        self._store = store
        self._node = node
        self._needs = needs
        self._take = take
        self._nodes = 1
        self._limit = inf
        self._changed = asyncio.Event()

    @property
    def limit(self) -> float:
        """What the site may send to remote networks, in bytes per second; `inf` for all there is."""
        return self._limit

    @limit.setter
    def limit(self, limit: float) -> None:
        self._limit = limit
        self._take(Part(limit / self._nodes))
        self._changed.set()

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Uplink"]:
        """Keep to this node's part for as long as the block lasts, and give it up at the end."""
        task = asyncio.create_task(keep("the uplink", self._keep), name="uplink")
        try:
            yield self
        finally:
            await end([task])

    async def _keep(self) -> None:
        while True:
            if self._limit == inf:
                await self._changed.wait()
            self._changed.clear()
            self._take(await self.part())
            await asyncio.sleep(EVERY)

    async def part(self) -> Part:
        """Say what is wanted here, and return this node's part."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                needs = await self._exchange(self._needs())
        except GONE as error:
            logger.debug("The uplink is divided without the other nodes: {}", error or type(error).__name__)
            return Part(self._limit / self._nodes)
        self._nodes = len(needs)
        return parts(self._limit, needs)[self._node]

    async def _exchange(self, own: Needs) -> Mapping[str, Needs]:
        """Return what each living node needs."""
        async with self._store.redis.pipeline(transaction=False) as pipe:
            pipe.set(f"{_NODES}:{self._node}", _written(own), px=_FORGOTTEN_MS)
            pipe.sadd(_NODES, self._node)
            pipe.smembers(_NODES)
            names = [name.decode() for name in (await pipe.execute())[-1]]
            told = await self._store.redis.mget([f"{_NODES}:{name}" for name in names])
            if gone := [name for name, needs in zip(names, told, strict=True) if needs is None]:
                pipe.srem(_NODES, *gone)
                await pipe.execute()
        return {name: _read(needs) for name, needs in zip(names, told, strict=True) if needs is not None} | {self._node: own}


def parts(limit: float, needs: Mapping[str, Needs]) -> dict[str, Part]:
    """Divide a limit among nodes as it is divided within one: streams before downloads before the background, wherever they are.

    What nobody wants is theirs in equal parts, before they ask for it.
    """
    wants = [
        Want(qos, node, wanted or 0.0) for node, own in needs.items() for qos, wanted in zip(Qos, own, strict=True) if _counts(qos, wanted)
    ]
    shares = divide(Limits(node=limit), wants)
    rate, behind = defaultdict[str, float](float), defaultdict[str, float](float)
    for want, share in zip(wants, shares, strict=True):
        rate[want.user] += share
        if want.qos is Qos.BACKGROUND:
            behind[want.user] = share
    watched = any(own[Qos.STREAM] is not None for own in needs.values())
    return {node: Part(rate[node], behind[node] if watched else inf) for node in needs}


def _counts(qos: Qos, wanted: float | None) -> bool:
    """Whether a node has a part for the class; for pages and the background each has one: they may come at any moment."""
    return wanted is not None or qos in (Qos.INTERFACE, Qos.BACKGROUND)
