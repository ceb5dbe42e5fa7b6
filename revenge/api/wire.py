"""A connection's socket beside its transport: what goes out here is never copied through Python.

uvloop has no `sendfile` of its own (aiohttp then copies silently), so the socket is duplicated and the kernel is asked directly. Both loops refuse
to watch a descriptor that belongs to a transport; the duplicate belongs to nobody.
"""

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Protocol, Self

from aiohttp.abc import AbstractStreamWriter
from loguru import logger

from revenge.api.ranges import Span
from revenge.api.warm import Warmth

SLICE = 512 << 10
"""Bytes sent before others have their turn: 4 ms of the loop, where 1 MiB is 9."""
_COPY = 256 << 10
"""Bytes per write where they must be copied (TLS)."""
STALL = 60.0
"""Seconds a peer may take nothing before the connection is closed."""
SO_MAX_PACING_RATE = 47
_NO_LIMIT = 0xFFFFFFFF
_NO_SENDFILE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


class Body(Protocol):
    """Takes an answer's bytes."""

    async def send(self, data: bytes) -> int:
        """Send the bytes; returns how many."""

    async def send_file(self, fd: int, offset: int, count: int) -> int:
        """Send up to `count` bytes of the file; returns how many, fewer only when the file ends."""


class Wire:
    """Sends by the duplicate of a plain socket. ConnectionError when the peer is gone or takes nothing for `stall` seconds."""

    def __init__(self, transport: asyncio.Transport, stall: float = STALL) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._stall = stall
        self._out = os.dup(transport.get_extra_info("socket").fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)

    async def drain_headers(self) -> None:
        """Wait until everything written to the transport has left: uvloop writes at the end of its turn, and raw bytes would overtake it."""
        deadline, turns = self._loop.time() + self._stall, 0
        while self._transport.get_write_buffer_size():
            if self._transport.is_closing() or self._loop.time() > deadline:
                raise ConnectionResetError("the peer does not take the headers")
            turns += 1
            await asyncio.sleep(0 if turns <= 10 else 0.005)

    async def send(self, data: bytes) -> int:
        """Send a few bytes of our own."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._out, rest) :]
            except BlockingIOError:
                await self._writable()
        return len(data)

    async def send_file(self, fd: int, offset: int, count: int) -> int:
        """Let the kernel send from the file, then let others have their turn."""
        while True:
            try:
                sent = os.sendfile(self._out, fd, offset, count)
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                if error.errno == errno.ENOTCONN:
                    raise ConnectionResetError("the peer is gone") from None
                if error.errno not in _NO_SENDFILE:
                    raise
                return await self.send(os.pread(fd, min(count, _COPY), offset))  # a file system without sendfile
            else:
                await asyncio.sleep(0)
                return sent

    def pace(self, rate: int) -> None:
        """Have the kernel send at most `rate` bytes per second from now on."""
        set_pace(self._out, rate)

    async def _writable(self) -> None:
        """Return when the socket takes bytes again."""
        if self._transport.is_closing():
            raise ConnectionResetError("the connection is closing")
        ready = self._loop.create_future()
        timer = self._loop.call_later(self._stall, _expire, ready)
        self._loop.add_writer(self._out, _resolve, ready)
        try:
            await ready
        finally:
            timer.cancel()
            self._loop.remove_writer(self._out)


class Copying:
    """Sends through the transport: the way of TLS, where the bytes must be encrypted here."""

    def __init__(self, writer: AbstractStreamWriter, stall: float = STALL) -> None:
        self._writer = writer
        self._stall = stall

    async def send(self, data: bytes) -> int:
        """Write and wait until the peer has taken most of it."""
        try:
            async with asyncio.timeout(self._stall):
                await self._writer.write(data)
        except TimeoutError:
            raise ConnectionResetError("the peer takes nothing") from None
        return len(data)

    async def send_file(self, fd: int, offset: int, count: int) -> int:
        """Read and write a piece; the bytes are in memory already (`warm.py`)."""
        return await self.send(os.pread(fd, min(count, _COPY), offset))


async def send_span(body: Body, fd: int, warmth: Warmth, span: Span, count: Callable[[int], None]) -> None:
    """Send these bytes of the file, a slice at a time, telling `count` of each.

    ConnectionResetError when the file has become shorter: nothing is made up for what is missing.
    """
    offset = span.start
    while offset <= span.end:
        size = min(span.end + 1 - offset, SLICE)
        await warmth.ensure(offset, size)
        sent = await body.send_file(fd, offset, size)
        if not sent:
            logger.warning("A file became shorter while it was being sent; the connection is closed.")
            raise ConnectionResetError("the file has become shorter")
        offset += sent
        count(sent)


def set_pace(fd: int, rate: int | None) -> None:
    """Set or lift (None) the socket's rate in bytes per second."""
    with socket.socket(fileno=os.dup(fd)) as same:
        limit = _NO_LIMIT if rate is None else min(rate, _NO_LIMIT - 1)
        same.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, struct.pack("I", limit))


def _resolve(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def _expire(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_exception(ConnectionResetError("the peer takes nothing"))
