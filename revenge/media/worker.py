"""One child process, seen from the node."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Never

import msgspec
from loguru import logger

import revenge
from revenge.media.errors import MediaError
from revenge.media.wire import DONE, HEADER, Failure, Hello, Setup

_PAGE = os.sysconf("SC_PAGE_SIZE")
_AT_ONCE = 32 << 10
"""Bytes that a socket's empty buffer surely takes, and that are asked for first."""
_START_S = 30.0
_END_S = 2.0


class Worker:
    """A started child: one call at a time, ended by `kill` or `end`."""

    def __init__(self, process: subprocess.Popen[bytes], link: socket.socket, limit: int, *, behind: bool = False) -> None:
        self._process = process
        self._link = link
        self._limit = limit
        self.behind = behind
        """Whether it stands behind all others."""
        self.locks: dict[str, str] = {}
        self.calls = 0
        self.broken = False
        """Whether it died or was stopped in the middle of a call; such a child answers nothing any more."""

    @classmethod
    async def start(cls, setup: Setup, environment: Mapping[str, str], *, behind: bool = False) -> "Worker":
        """Start a child and wait until it has locked its doors."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            process = _spawn(theirs, environment)
        except OSError as error:
            ours.close()
            raise MediaError(f"A media process could not be started: {error.strerror}.", cause="start") from error
        finally:
            theirs.close()
        worker = cls(process, ours, setup.limits.answer, behind=behind)
        try:
            hello = await worker.call(msgspec.msgpack.encode(setup), (), _START_S)
            worker.locks = msgspec.msgpack.decode(hello, type=Hello).locks
        except (MediaError, msgspec.MsgspecError) as error:
            await worker.end()
            raise MediaError(f"A media process could not be started: {error}", cause="start") from error
        except asyncio.CancelledError:
            await worker.end()
            raise
        worker.calls = 0
        return worker

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def call(self, body: bytes, fds: Sequence[int], timeout: float) -> bytes:  # noqa: ASYNC109  it also ends the child
        """Send one call and return the encoded result; MediaError says what went wrong.

        After a timeout, a crash, a nonsensical answer or a cancellation the child is dead, and `broken`.
        """
        self.calls += 1
        try:
            async with asyncio.timeout(timeout):
                answer = await self._exchange(body, fds)
        except TimeoutError:
            self.kill()
            raise MediaError(f"It took longer than {timeout:g} seconds.", cause="timeout") from None
        except (OSError, EOFError):
            self.kill()
            raise MediaError(f"The media process {await self._epitaph()}.", cause="crashed") from None
        except BaseException:
            self.kill()
            raise
        if answer[:1] != DONE:
            raise _refusal(answer)
        return answer[1:]

    def resident(self) -> int:
        """Bytes of memory the child holds now; 0 where the system does not tell."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return 0

    def kill(self) -> None:
        """Stop the child at once. The link stays open until `end`: whoever waits on it must see it end."""
        self.broken = True
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """Hang up and wait until the child is gone; it is stopped if it does not go by itself."""
        self._link.close()
        if self._process.poll() is None:
            await asyncio.shield(asyncio.to_thread(self._wait))

    def _wait(self) -> None:
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def _exchange(self, body: bytes, fds: Sequence[int]) -> bytes:
        loop = asyncio.get_running_loop()
        # The child waits with an empty buffer, so the first bytes never block, and most calls are no longer than these.
        frame = HEADER.pack(len(body), len(fds)) + body
        sent = socket.send_fds(self._link, [memoryview(frame)[:_AT_ONCE]], list(fds))
        if sent < len(frame):
            await loop.sock_sendall(self._link, memoryview(frame)[sent:])
        return await self._receive()

    async def _receive(self) -> bytes:
        """Return the body of the answer; one that is short has come with its header."""
        loop, begun = asyncio.get_running_loop(), b""
        while len(begun) < HEADER.size:
            begun += await self._some(loop)
        size, _ = HEADER.unpack_from(begun)
        if not 0 < size <= self._limit or len(begun) > HEADER.size + size:
            raise EOFError
        buffer, got = bytearray(size), len(begun) - HEADER.size
        buffer[:got] = begun[HEADER.size :]
        view = memoryview(buffer)
        while got < size:
            read = await loop.sock_recv_into(self._link, view[got:])
            if read == 0:
                raise EOFError
            got += read
        return bytes(buffer)

    async def _some(self, loop: asyncio.AbstractEventLoop) -> bytes:
        return await loop.sock_recv(self._link, _AT_ONCE) or _hung_up()

    async def _epitaph(self) -> str:
        code = await asyncio.to_thread(self._process.wait)
        if code < 0 and -code != signal.SIGKILL:
            return f"crashed ({signal.Signals(-code).name})"
        return "ended in the middle of its work"


def _spawn(link: socket.socket, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the entry. A session of its own: a signal to the node's group must not stop work that the node still waits for.

    The environment is a fresh one: what the node knows (keys, passwords) is none of a decoder's business.
    """
    root = str(Path(revenge.__file__).parents[1])
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "revenge.media.child", str(link.fileno())],
        pass_fds=(link.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**inherited, "LANG": "C.UTF-8", "PYTHONPATH": root, "MALLOC_ARENA_MAX": "2", **environment},
    )


def _hung_up() -> Never:
    raise EOFError


def _refusal(answer: bytes) -> MediaError:
    try:
        failure = msgspec.msgpack.decode(answer[1:], type=Failure)
    except msgspec.MsgspecError:
        return MediaError("The media process answered nonsense.", cause="crashed")
    if not failure.expected:
        logger.warning("a media process met something unforeseen: {}", failure.reason[:2000])
    return MediaError(failure.reason[:500])
