"""Warm pools of child processes: every file somebody else made is opened in one, never in the node.

Children start when there is work, stay warm, and end when there is none for a while; a pool may keep some for whoever comes next. What
somebody waits for goes before work in the background, and background work never takes the last child. What works in the background stands
behind all others at the processor and at the disk, so it has children of its own.
"""

import asyncio
import heapq
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any, TypeVar, overload

import msgspec
from loguru import logger
from msgspec import Raw

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.limits import Limits
from revenge.media.wire import Call, Setup
from revenge.media.worker import Worker

T = TypeVar("T")

PATIENCE_S = 8.0
"""Seconds to wait for a child: players give up after ten, and better have an answer before."""
_RETRY_S = 5


class Pool:
    """Runs functions of `revenge.media` in children.

    A function is named (`revenge.media.child.facts:read`, so that the node need not import its libraries) or given. Arguments and results
    are msgpack values of the types the function declares; descriptors arrive as its keyword `fds` and are closed after the call.
    """

    def __init__(
        self,
        name: str,
        *,
        preload: Sequence[str] = (),
        warm: Sequence[str] = (),
        size: int = 1,
        limits: Limits | None = None,
        idle_s: float = 60.0,
        kept: int = 0,
        environment: Mapping[str, str] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """So many children are `kept`, the first one from the beginning on, however long nobody asks; further ones end after `idle_s` seconds.

        `preload` and `warm` are modules and functions a child loads and runs before it locks itself: nothing can be imported later.

        `patience_s`: seconds somebody waits for a child before they are told to come back; background work waits as long as it takes.
        """
        self.name = name
        self.size = size
        self.locks: dict[str, str] = {}
        """Which locks its children hold, once one has started: `on`, or why not."""
        self._limits = limits or Limits()
        self._setup = Setup(name, os.getpid(), tuple(preload), tuple(warm), self._limits)
        self._environment = dict(environment or {})
        self._idle_s, self._kept = idle_s, kept
        self._patience_s = patience_s
        self._idle: list[tuple[Worker, asyncio.TimerHandle]] = []
        self._busy: set[Worker] = set()
        self._waiting: list[tuple[Qos, int, asyncio.Future[None]]] = []
        self._order = count()
        self._running = self._behind = 0
        self._ending: set[asyncio.Task[None]] = set()
        self._open = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator["Pool"]:
        """Take calls until the block ends; then stop every child, also one in the middle of a call."""
        self._setup = msgspec.structs.replace(self._setup, parent=os.getpid())
        self._open = True
        first = asyncio.create_task(self._first()) if self._kept else None
        try:
            yield self
        finally:
            self._open = False
            if first is not None:
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
            for _, _, place in self._waiting:
                if not place.done():
                    place.set_exception(_stopping())
            for worker in tuple(self._busy):
                worker.kill()
            while self._idle:
                self._dismiss(self._idle[-1][0])
            await self._quiet.wait()
            await asyncio.gather(*self._ending)

    @property
    def children(self) -> int:
        """Child processes alive now."""
        return len(self._idle) + len(self._busy)

    @property
    def _in_front(self) -> int:
        """Those of them that work for people."""
        return sum(not worker.behind for worker in (*self._busy, *(idle for idle, _ in self._idle)))

    @property
    def waiting(self) -> int:
        """Calls that wait for a child."""
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether background work would begin at once."""
        return self._open and not self._waiting and self._may_run(Qos.BACKGROUND)

    @overload
    async def run(
        self,
        function: str | Callable[..., Any],
        *args: Any,
        result: type[T],
        fds: Sequence[int] = (),
        timeout: float = 30.0,  # noqa: ASYNC109
        qos: Qos = ...,
        patience: float | None = ...,
    ) -> T: ...
    @overload
    async def run(
        self,
        function: str | Callable[..., Any],
        *args: Any,
        result: Any = Any,
        fds: Sequence[int] = (),
        timeout: float = 30.0,  # noqa: ASYNC109
        qos: Qos = ...,
        patience: float | None = ...,
    ) -> Any: ...
    async def run(
        self,
        function: str | Callable[..., Any],
        *args: Any,
        result: Any = Any,
        fds: Sequence[int] = (),
        timeout: float = 30.0,  # noqa: ASYNC109  it stops the child; leaving the block would not
        qos: Qos = Qos.BACKGROUND,
        patience: float | None = None,
    ) -> Any:
        """Run the function in a child and return its result, decoded as the given type.

        `timeout` (seconds) counts from when a child took the call. MediaError: the function raised, crashed its child, took too long, or
        answered something else than promised; other calls do not notice. Unavailable: all children are busy with what others wait for, or
        the pool is closing; `patience` (seconds) says how long to wait for one, where it is not the pool's. Cancelling stops the child.
        """
        name = function if isinstance(function, str) else f"{function.__module__}:{function.__qualname__}"
        body = msgspec.msgpack.encode(Call(name, tuple(Raw(msgspec.msgpack.encode(arg)) for arg in args)))
        await self._turn(qos, self._patience_s if patience is None and qos < Qos.BACKGROUND else patience)
        try:
            answer = await self._perform(body, fds, timeout, behind=qos >= Qos.BACKGROUND)
        finally:
            self._leave(qos)
        try:
            return msgspec.msgpack.decode(answer, type=result)
        except msgspec.MsgspecError as error:
            raise MediaError(f"The media process answered nonsense: {error}", cause="crashed") from error

    async def warm(self) -> None:
        """Start one child for people if there is none, so that the next call finds it ready."""
        if not self._in_front:
            await self.run("revenge.media.child.serve:nothing", qos=Qos.STREAM)

    async def _first(self) -> None:
        with suppress(MediaError, Unavailable):  # whoever needs a child hears what is wrong
            await self.warm()

    async def _turn(self, qos: Qos, patience: float | None) -> None:
        """Wait for a place; more urgent calls go first, and equal ones in order."""
        if not self._open:
            raise _stopping()
        if not self._waiting and self._may_run(qos):
            self._enter(qos)
            return
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (qos, next(self._order), place))
        self._call_next()
        try:
            async with asyncio.timeout(patience):
                await self._called(place, qos)
        except TimeoutError:
            raise _busy() from None

    async def _called(self, place: asyncio.Future[None], qos: Qos) -> None:
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._waiting = [entry for entry in self._waiting if entry[2] is not place]
                heapq.heapify(self._waiting)
            else:
                self._leave(qos)
            raise

    def _may_run(self, qos: Qos) -> bool:
        """Whether there is a place: all of them for people, all but one for the background (where there is more than one)."""
        if qos < Qos.BACKGROUND:
            return self._running < self.size
        return self._running < self.size and self._behind < max(1, self.size - 1)

    def _enter(self, qos: Qos) -> None:
        self._quiet.clear()
        self._running += 1
        self._behind += qos >= Qos.BACKGROUND

    def _leave(self, qos: Qos) -> None:
        self._running -= 1
        self._behind -= qos >= Qos.BACKGROUND
        self._call_next()
        if not self._running:
            self._quiet.set()

    def _call_next(self) -> None:
        while self._waiting and self._may_run(self._waiting[0][0]):
            qos, _, place = heapq.heappop(self._waiting)
            if not place.done():
                self._enter(qos)
                place.set_result(None)

    async def _perform(self, body: bytes, fds: Sequence[int], timeout: float, *, behind: bool) -> bytes:  # noqa: ASYNC109
        worker = await self._worker(behind=behind)
        self._busy.add(worker)
        try:
            return await worker.call(body, fds, timeout)
        finally:
            self._busy.discard(worker)
            self._keep(worker)

    async def _worker(self, *, behind: bool) -> Worker:
        """The child of this kind used last, so that the others can grow idle; or a fresh one. A child that stepped back cannot come forward."""
        for entry in reversed(self._idle):
            worker, timer = entry
            if worker.behind == behind:
                self._idle.remove(entry)
                timer.cancel()
                return worker
        setup = msgspec.structs.replace(self._setup, limits=self._limits.behind) if behind else self._setup
        worker = await Worker.start(setup, self._environment, behind=behind)
        if not self._open:
            await worker.end()
            raise _stopping()
        if not self.locks:
            self.locks = worker.locks
            logger.info("{} processes are locked by: {}", self.name, ", ".join(f"{lock} ({how})" for lock, how in worker.locks.items()))
        return worker

    def _keep(self, worker: Worker) -> None:
        """Put the child back, or let it go: it is broken, old, or has grown."""
        worn = worker.broken or worker.calls >= self._limits.calls or worker.resident() > self._limits.resident
        if worn or not self._open:
            self._end(worker)
            return
        self._rest(worker)

    def _rest(self, worker: Worker) -> None:
        timer = asyncio.get_running_loop().call_later(self._idle_s, self._grow_idle, worker)
        self._idle.append((worker, timer))

    def _grow_idle(self, worker: Worker) -> None:
        """Let a child go that nobody has asked for long, unless it is among the last ones, which are kept for people."""
        if worker.behind or self._in_front > self._kept:
            self._dismiss(worker)

    def _dismiss(self, worker: Worker) -> None:
        for entry in [entry for entry in self._idle if entry[0] is worker]:
            entry[1].cancel()
            self._idle.remove(entry)
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        task = asyncio.get_running_loop().create_task(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _stopping() -> Unavailable:
    return Unavailable("The media processes are stopping; try again in a moment.", retry_after=5)


def _busy() -> Unavailable:
    return Unavailable(
        "All media processes are busy with what others watch; try again in a moment.", code="media_busy", retry_after=_RETRY_S
    )
