"""What was loaded once is not loaded again: first this process, then the store, then whoever knows."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import msgspec

from revenge.core.sources import Absent
from revenge.infra.bus import EVERYTHING, Bus
from revenge.infra.cache.local import Local
from revenge.infra.cache.shared import Shared
from revenge.infra.cache.store import GONE, Store
from revenge.infra.loops import end, keep

T = TypeVar("T")

LOCAL_SECONDS = 300.0
SHARED_SECONDS = 3600.0
_RETRY_SECONDS = 0.5
_MISSING: Any = object()
_GONE = b"\xc1"
"""Begins what no value begins with: msgpack never uses it."""


class Layer(msgspec.Struct):
    """How often one layer knew the answer."""

    hits: int = 0
    misses: int = 0

    @property
    def ratio(self) -> float:
        """Hits of all questions, 0 to 1; 0 before the first."""
        return self.hits / (self.hits + self.misses) if self.hits else 0.0


class _Load(msgspec.Struct, frozen=True):
    """How a value is come by, and how long it is kept; seconds."""

    load: Callable[[], Awaitable[Any]]
    kind: Any
    local: float
    shared: float
    absent: float
    weight: int


class _Gone(msgspec.Struct, frozen=True):
    """What stands for a source's word that there is no such thing."""

    detail: str


class _Flight:
    """One load that is under way, and whether a drop has overtaken it."""

    def __init__(self, tags: Sequence[str], *, early: bool) -> None:
        self.tags = tags
        self.early = early
        """Whether it was begun before the old value was over."""
        self.overtaken = False
        self.task: asyncio.Task[Any]


class Cache:
    """Two layers before a loader. Right without the store, only slower; right without the bus, too: then this process keeps nothing."""

    def __init__(self, store: Store, bus: Bus, most: int = 10_000) -> None:
        self._bus = bus
        self._local = Local(most)
        self._shared = Shared(store)
        self._flights: dict[str, _Flight] = {}
        self._stale: set[str] = set()
        self._writing: set[str] = set()
        self._stale_now = asyncio.Event()
        self._codecs: dict[Any, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {}
        self.layers = {"l1": Layer(), "l2": Layer()}
        """For the metric `cache_hit_ratio`."""
        bus.listen(self.drop)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Cache"]:
        """Pass drops on to the store for as long as the block lasts."""
        task = asyncio.create_task(keep("the cache", self._pass_on), name="cache drops")
        try:
            yield self
        finally:
            await end([task])

    async def get(
        self,
        key: str,
        tags: Sequence[str],
        load: Callable[[], Awaitable[T]],
        kind: Any = None,
        *,
        local: float = LOCAL_SECONDS,
        shared: float = SHARED_SECONDS,
        absent: float = 0.0,
        weight: int = 1,
    ) -> T:
        """Return what `load` returns, loaded at most once for all who ask meanwhile, until a tag is dropped or the seconds are over.

        `kind` is the type to write and read it with in the store; without one it stays in this process. None is kept for `absent` seconds,
        and where that is not 0 so is a source's `Absent`, which is raised anew. `weight` is how much room a large value takes of what this
        process keeps.
        Towards the end of its life a value that is asked for is loaded anew, and nobody waits for that.
        """
        entry = self._local.find(key) if self._bus.alive else None
        if entry is not None:
            self.layers["l1"].hits += 1
            if not self._local.ages(entry) or key in self._flights:
                return cast(T, _told(entry.value))
        else:
            self.layers["l1"].misses += 1
        flight = self._flights.get(key)
        if flight is None:
            flight = self._begin(key, tags, _Load(load, kind, local, shared, absent, weight), early=entry is not None)
        return cast(T, _told(entry.value if entry is not None else await asyncio.shield(flight.task)))

    def drop(self, tags: Sequence[str]) -> None:
        """Forget everything under the tags, here at once and in the store as soon as it answers. Called by the bus."""
        if EVERYTHING in tags:
            self._local.clear()
        for tag in tags:
            self._local.drop(tag)
        for key, flight in list(self._flights.items()):
            if EVERYTHING in tags or not set(tags).isdisjoint(flight.tags):
                flight.overtaken = True
                del self._flights[key]
        self._stale.update(tags)
        self._stale_now.set()

    def _begin(self, key: str, tags: Sequence[str], how: _Load, *, early: bool) -> _Flight:
        flight = self._flights[key] = _Flight(tags, early=early)
        flight.task = asyncio.create_task(self._fly(key, flight, how))
        flight.task.add_done_callback(lambda task: self._landed(key, flight, task))
        return flight

    async def _fly(self, key: str, flight: _Flight, how: _Load) -> Any:
        local, shared = how.local, how.shared
        value, stamp = _MISSING, None
        if how.kind is not None and shared > 0 and self._trusted(flight.tags):
            value, stamp = await self._ask_store(key, flight, how.kind)
        if value is _MISSING:
            value = await self._load(how)
            if _is_absent(value):
                shared = min(shared, how.absent)
            if stamp is not None and shared > 0:
                await self._shared.put(key, self._written(value, how.kind), stamp, shared)
        if _is_absent(value):
            local = min(local, how.absent)
        if local > 0 and not flight.overtaken and self._bus.alive:
            self._local.put(key, value, local, flight.tags, how.weight)
        elif flight.early:
            self._local.remove(key)
        return value

    async def _load(self, how: _Load) -> Any:
        """Load. That a source has no such thing is an answer where absence is kept, and an error like any other where it is not."""
        try:
            return await how.load()
        except Absent as error:
            if not how.absent:
                raise
            return _Gone(str(error))

    def _written(self, value: Any, kind: Any) -> bytes:
        return _GONE + value.detail.encode() if isinstance(value, _Gone) else self._codec(kind)[0](value)

    async def _ask_store(self, key: str, flight: _Flight, kind: Any) -> tuple[Any, bytes | None]:
        """Return the store's value, or _MISSING, and the stamp for a new one. What another version wrote may be unreadable: a miss."""
        kept = await self._shared.get(key, flight.tags)
        if kept.value is not None and not (flight.early and kept.ages):
            try:
                value = _Gone(kept.value[1:].decode()) if kept.value[:1] == _GONE else self._codec(kind)[1](kept.value)
            except msgspec.MsgspecError:
                pass
            else:
                self.layers["l2"].hits += 1
                return value, kept.stamp
        self.layers["l2"].misses += 1
        return _MISSING, kept.stamp

    def _landed(self, key: str, flight: _Flight, task: asyncio.Task[Any]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # whoever still waits gets it; if nobody does, it is no news

    def _trusted(self, tags: Sequence[str]) -> bool:
        """Whether the store has heard of every drop of these tags."""
        unheard = self._stale | self._writing
        return not unheard or (EVERYTHING not in unheard and unheard.isdisjoint(tags))

    def _codec(self, kind: Any) -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
        found = self._codecs.get(kind)
        if found is None:
            found = self._codecs[kind] = (msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(kind).decode)
        return found

    async def _pass_on(self) -> None:
        """Write dropped tags to the store until it has them; till then this node does not read what is under them there."""
        while True:
            await self._stale_now.wait()
            self._stale_now.clear()
            self._writing, self._stale = self._stale, set()
            try:
                await self._shared.drop([EVERYTHING] if EVERYTHING in self._writing else sorted(self._writing))
            except GONE:
                self._stale |= self._writing
                self._stale_now.set()
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                self._writing = set()


def _is_absent(value: Any) -> bool:
    return value is None or isinstance(value, _Gone)


def _told(value: Any) -> Any:
    if isinstance(value, _Gone):
        raise Absent(value.detail)
    return value
