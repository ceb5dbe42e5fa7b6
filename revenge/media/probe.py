"""Asking what is inside files."""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import takewhile
from pathlib import Path

from revenge.core.errors import Unavailable
from revenge.core.facts import MediaFacts
from revenge.core.qos import Qos
from revenge.media.disks import Disks
from revenge.media.errors import MediaError
from revenge.media.files import open_all, opened
from revenge.media.pool import Pool
from revenge.media.probed import Outcome, Probed, ProbeFailed, Read

__all__ = ["Outcome", "ProbeFailed", "Probed", "Prober"]

BATCH = 16
"""Files that travel to a child together."""
_BATCH_S, _ALONE_S, _INDEX_S, _READ_S = 25.0, 10.0, 55.0, 50.0
_READ = "revenge.media.child.facts:read"
_INDEX, _ONWARDS = "revenge.media.child.keys:thorough", "revenge.media.child.keys:onwards"


class Prober:
    """Probes files in the media pool. A bad file is an answer, never an exception, and never spoils its batch."""

    def __init__(self, pool: Pool, disks: Disks | None = None) -> None:
        self._pool = pool
        self._disks = disks or Disks()

    async def probe(
        self, paths: Sequence[Path | str], *, index: bool = True, qos: Qos = Qos.BACKGROUND, begin: float = math.inf
    ) -> list[Outcome]:
        """What is inside the files, in the same order; with its keyframe index where that is cheap to find.

        No batch is begun after `begin` seconds, nor waits for a child longer: the answer is shorter then, and comes within 40 s more.
        """
        clock = asyncio.get_running_loop().time
        until, found, more = clock() + begin, list[Outcome](), True
        while more and len(found) < len(paths) and clock() < until:
            batch = paths[len(found) : len(found) + BATCH]
            outcomes = await self._batch(batch, index, qos, until)
            found += outcomes
            more = len(outcomes) == len(batch)
        return found

    async def index(self, path: Path | str, facts: MediaFacts, *, qos: Qos = Qos.BACKGROUND, timeout: float = _INDEX_S) -> bytes | None:  # noqa: ASYNC109
        """The packed keyframe index by reading the whole file, for what `probe` found none for (transport streams).

        None where the film could not be sent as it is anyway. MediaError: the file cannot be read, or not within the timeout (seconds).
        """
        async with opened(path) as fd:
            found: bytes | None = await self._pool.run(_INDEX, facts, result=bytes | None, fds=(fd,), qos=qos, timeout=timeout)
        return found

    async def read_on(self, path: Path | str, facts: MediaFacts, so_far: bytes | None, *, seconds: float, begin: float) -> Read:
        """Read a file for its keyframes in the background, for so many seconds, from where an earlier reading left off (`so_far`).

        Unavailable: it could not begin within `begin` seconds. MediaError: the file cannot be read, or what has to be read in one go was
        not within 50 s.
        """
        until = asyncio.get_running_loop().time() + begin
        async with self._turn([path], Qos.BACKGROUND, until), opened(path) as fd:
            patience = until - asyncio.get_running_loop().time()
            read: Read = await self._pool.run(
                _ONWARDS, facts, so_far, seconds, result=Read, fds=(fd,), qos=Qos.BACKGROUND, timeout=_READ_S, patience=patience
            )
        return read

    @asynccontextmanager
    async def _turn(self, paths: Sequence[Path | str], qos: Qos, until: float) -> AsyncIterator[None]:
        """What is done in the background reads alone from a spinning disk; Unavailable when its turn does not come in time."""
        if qos < Qos.BACKGROUND:
            yield
            return
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._disks.turn(paths, None if math.isinf(until) else until))
            except TimeoutError:
                raise Unavailable("The disk is busy with other files.") from None
            yield

    async def _batch(self, paths: Sequence[Path | str], index: bool, qos: Qos, until: float) -> list[Outcome]:
        try:
            async with self._turn(paths, qos, until):
                return await self._read(paths, index, qos, until)
        except Unavailable:
            return []

    async def _read(self, paths: Sequence[Path | str], index: bool, qos: Qos, until: float) -> list[Outcome]:
        found = await open_all(paths)
        fds = [fd for fd in found if isinstance(fd, int)]
        try:
            answers = iter(await self._ask(fds, index, qos, until) if fds else [])
        finally:
            for fd in fds:
                os.close(fd)
        outcomes = (_failed(fd) if isinstance(fd, MediaError) else next(answers, None) for fd in found)
        return list(takewhile(lambda outcome: outcome is not None, outcomes))  # type: ignore[arg-type]  # None is what ends it

    async def _ask(self, fds: Sequence[int], index: bool, qos: Qos, until: float) -> list[Outcome]:
        """Ask for all at once; when that kills the child or takes too long, ask for each alone, to find the one."""
        try:
            return await self._call(fds, index, qos, until)
        except Unavailable:
            return []
        except MediaError as error:
            if len(fds) == 1:
                return [_failed(error)]
        found: list[Outcome] = []
        clock = asyncio.get_running_loop().time
        for fd in fds:
            answer = await self._ask([fd], index, qos, max(until, clock() + _ALONE_S / 2))
            found += answer
            if not answer or clock() > until + _BATCH_S:
                break
        return found

    async def _call(self, fds: Sequence[int], index: bool, qos: Qos, until: float) -> list[Outcome]:
        patience = None if math.isinf(until) else until - asyncio.get_running_loop().time()
        timeout = _BATCH_S if len(fds) > 1 else _ALONE_S
        answers: list[Outcome] = await self._pool.run(
            _READ, index, result=list[Outcome], fds=fds, qos=qos, timeout=timeout, patience=patience
        )
        if len(answers) != len(fds):
            raise MediaError("The media process answered for other files than it was asked about.", cause="crashed")
        return answers


def _failed(error: MediaError) -> ProbeFailed:
    return ProbeFailed(error.detail, error.fault, again=error.cause in {"closed", "start"})
