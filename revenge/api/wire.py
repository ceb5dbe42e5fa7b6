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

from revenge.api.flow import flow
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

Count = Callable[[int], None]


class Body(Protocol):
    """Takes an answer's bytes."""

    async def send(self, data: bytes) -> None:
        """Send a few bytes of our own."""

    async def send_span(self, fd: int, span: Span, warmth: Warmth, count: Count) -> None:
        """Send these bytes of the file, a slice at a time, telling `count` of each.

        ConnectionResetError when the file has become shorter: nothing is made up for what is missing.
        """


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

    async def send(self, data: bytes) -> None:
        """Write the bytes."""
        rest = memoryview(data)

        def give() -> bool:
            nonlocal rest
            rest = rest[os.write(self._out, rest) :]
            return not rest

        await flow(self._out, give, self._stall)

    async def send_span(self, fd: int, span: Span, warmth: Warmth, count: Count) -> None:
        """Let the kernel send from the file, a slice whenever the socket takes some."""
        stretch = _Stretch(self._out, fd, span, warmth, count)
        while stretch.offset < stretch.end:
            await warmth.ensure(stretch.offset, stretch.end)
            try:
                await flow(self._out, stretch.give, self._stall)
            except OSError as error:
                if error.errno == errno.ENOTCONN:
                    raise ConnectionResetError("the peer is gone") from None
                if error.errno not in _NO_SENDFILE:
                    raise
                await self._copy(stretch)

    def pace(self, rate: int) -> None:
        """Have the kernel send at most `rate` bytes per second from now on."""
        set_pace(self._out, rate)

    async def _copy(self, stretch: "_Stretch") -> None:
        """Send a piece by reading it: the way of file systems without sendfile."""
        piece = os.pread(stretch.fd, min(stretch.end - stretch.offset, _COPY), stretch.offset)
        await self.send(piece)
        stretch.sent(len(piece))


class _Stretch:
    """Part of a file on its way into a socket."""

    __slots__ = ("count", "end", "fd", "offset", "out", "warmth")

    def __init__(self, out: int, fd: int, span: Span, warmth: Warmth, count: Count) -> None:
        self.out, self.fd, self.warmth, self.count = out, fd, warmth, count
        self.offset, self.end = span.start, span.end + 1

    def give(self) -> bool:
        """Send a slice; whether there is nothing more to send, or nothing more in memory."""
        if self.offset >= self.warmth.until and not self.warmth.look(self.offset, self.end):
            return True
        self.sent(os.sendfile(self.out, self.fd, self.offset, min(self.end - self.offset, SLICE)))
        return self.offset >= self.end

    def sent(self, size: int) -> None:
        """So many bytes have left; ConnectionResetError when the file had none left to give."""
        if not size:
            raise shortened()
        self.offset += size
        self.count(size)


class Copying:
    """Sends through the transport: the way of TLS, where the bytes must be encrypted here."""

    def __init__(self, writer: AbstractStreamWriter, stall: float = STALL) -> None:
        self._writer = writer
        self._stall = stall

    async def send(self, data: bytes) -> None:
        """Write, and wait until the peer has taken most of it."""
        try:
            async with asyncio.timeout(self._stall):
                await self._writer.write(data)
        except TimeoutError:
            raise ConnectionResetError("the peer takes nothing") from None

    async def send_span(self, fd: int, span: Span, warmth: Warmth, count: Count) -> None:
        """Read and write a piece at a time."""
        offset, end = span.start, span.end + 1
        while offset < end:
            if offset >= warmth.until:
                await warmth.ensure(offset, end)
            piece = os.pread(fd, min(end - offset, _COPY), offset)
            if not piece:
                raise shortened()
            await self.send(piece)
            offset += len(piece)
            count(len(piece))


def shortened() -> ConnectionResetError:
    """The error for a file that ends before what was promised of it."""
    logger.warning("A file became shorter while it was being sent; the connection is closed.")
    return ConnectionResetError("the file has become shorter")


def set_pace(fd: int, rate: int | None) -> None:
    """Set or lift (None) the socket's rate in bytes per second."""
    with socket.socket(fileno=os.dup(fd)) as same:
        limit = _NO_LIMIT if rate is None else min(rate, _NO_LIMIT - 1)
        same.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, struct.pack("I", limit))
