"""A server that lives as long as the node: started, watched, started again after a crash, stopped in order."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from loguru import logger

from revenge.core.errors import StartRefused
from revenge.infra.embedded import launch, leftover
from revenge.infra.embedded.disk import refused
from revenge.infra.embedded.program import Program, refusal
from revenge.infra.embedded.user import User

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 10.0
_LOOK = 0.01
"""Seconds between two looks whether a starting server is ready."""
_STEADY = 30.0
"""Seconds after which a server counts as running, so that its next crash is a first one again."""


class Child:
    """One supervised server.

    `prepare` runs before each start, `ready` after it with the pid until it is true. The server has a session of
    its own: a signal to the node's process group must not stop it before the node has let go of it.
    """

    def __init__(self, program: Program, prepare: Callable[[], Awaitable[None]], ready: Callable[[int], Awaitable[bool]]) -> None:
        self.program = program
        self.prepare = prepare
        self.ready = ready
        self._process: asyncio.subprocess.Process | None = None
        self._last_words: deque[str] = deque(maxlen=8)
        self._leaving = False

    @property
    def pid(self) -> int | None:
        """The running server's process id."""
        return None if self._process is None else self._process.pid

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Run the server. Raises StartRefused, with its own last words, when the first start fails."""
        self._leaving = False
        try:
            await self._start()
            keeper = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")
            try:
                yield
            finally:
                self._leaving = True
                keeper.cancel()
                with suppress(asyncio.CancelledError):
                    await keeper
        finally:
            self._leaving = True
            await self._stop()

    async def _start(self) -> None:
        """Start the server and wait until it is ready, however long its recovery takes."""
        await leftover.clear(self.program)
        await self.prepare()
        self._last_words.clear()
        with refused(self.program.directory):
            self._process = process = await spawn(self.program, lock=True)
        speech = asyncio.create_task(self._listen(process), name=f"log of {self.program.name}")
        ended = asyncio.ensure_future(process.wait())
        try:
            while not ended.done() and not await self.ready(process.pid):
                await asyncio.wait([ended], timeout=_LOOK)
        finally:
            ended.cancel()
        if process.returncode is not None:
            await speech
            raise self._refusal(process.returncode)

    async def _keep(self) -> None:
        """Wait for the server's end and start it again: soon at first, then at longer distances."""
        delay = _FIRST_DELAY
        while True:
            if await self._watch() > _STEADY:
                delay = _FIRST_DELAY
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)
            try:
                await self._start()
            except StartRefused as error:
                logger.error("{}", error)
            else:
                logger.info("{} is back", self.program.name)

    async def _watch(self) -> float:
        """Wait for the server's end; how many seconds it lasted."""
        began = time.monotonic()
        if self._process is not None and self._process.returncode is None:
            status = await self._process.wait()
            logger.error("{} ended unasked (status {}) and is started again", self.program.name, status)
        return time.monotonic() - began

    async def _stop(self) -> None:
        """Ask the server to end, ever less gently; the last word is SIGKILL to its whole session."""
        process = self._process
        if process is None:
            return
        for step, patience in self.program.farewell:
            with suppress(ProcessLookupError):
                process.send_signal(step)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await process.wait()
                return
            logger.warning("{} did not end within {:.0f} s of {}", self.program.name, patience, step.name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Carry the server's lines to our log."""
        assert process.stdout is not None
        async for line in lines(process.stdout):
            self._last_words.append(line)
            logger.log("DEBUG" if self._leaving else self.program.level(line), "{}: {}", self.program.name, line)

    def _refusal(self, status: int) -> StartRefused:
        if status == launch.LOCKED:
            return StartRefused(f"{self.program.name} still runs on {self.program.directory} from before; stop it first.")
        return refusal(self.program, list(self._last_words))


async def spawn(program: Program, *, lock: bool) -> asyncio.subprocess.Process:
    """Start the program in a session of its own. Call it from the main thread: when the calling thread ends, so does the program."""
    user = program.user or User(-1, -1)
    script = [sys.executable, "-I", "-S", launch.__file__]
    followed = [str(os.getpid()), str(int(program.farewell[0][0])), str(user.uid), str(user.gid)]
    return await asyncio.create_subprocess_exec(
        *script,
        *followed,
        str(program.lock) if lock else "",
        *program.arguments,
        cwd=program.directory,
        env=environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """What a server gets to see: nothing of ours (secrets, PG* variables), one fixed locale."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TZ") if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **kept}


async def lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """The stream's lines; one that is longer than the reader's buffer comes in pieces."""
    while True:
        try:
            raw = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            raw = end.partial
            if not raw:
                return
        except asyncio.LimitOverrunError as long:
            raw = await stream.readexactly(long.consumed)
        if text := raw.decode(errors="replace").rstrip():
            yield text


async def run(program: Program) -> None:
    """Run a program to its end. Raises StartRefused with its last words when it fails."""
    process = await spawn(program, lock=False)
    try:
        assert process.stdout is not None
        said = [line async for line in lines(process.stdout)]
        if await process.wait():
            raise refusal(program, said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
