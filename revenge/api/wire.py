"""A connection's socket beside its transport: what goes out here is never copied through Python.

uvloop has no `sendfile` of its own (aiohttp then copies silently), so the socket is duplicated and the kernel is asked directly. Both loops refuse
to watch a descriptor that belongs to a transport; the duplicate belongs to nobody.
"""

import asyncio
import errno
import os
import socket
from typing import Protocol, Self

from aiohttp.abc import AbstractStreamWriter

from revenge.api.flow import Count, Flow, shortened
from revenge.api.outlets import Outlets
from revenge.api.ranges import Span
from revenge.api.warm import Warmth

_COPY = 256 << 10
"""Bytes per write where they must be copied (TLS)."""
STALL = 60.0
"""Seconds a peer may take nothing before the connection is closed."""
_TCP = frozenset({socket.AF_INET, socket.AF_INET6})
_NO_SENDFILE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


class Body(Protocol):
    """Takes an answer's bytes."""

    async def send(self, data: bytes) -> None:
        """Send a few bytes of our own."""

    async def send_span(self, fd: int, span: Span, warmth: Warmth, count: Count) -> None:
        """Send these bytes of the file, a slice at a time, telling `count` of each.

        ConnectionResetError when the file has become shorter: nothing is made up for what is missing.
        """


class Wire:
    """Sends by the duplicate of a plain socket. ConnectionError when the peer is gone or takes nothing for too long."""

    def __init__(self, transport: asyncio.Transport, outlets: Outlets) -> None:
        self._transport = transport
        self._outlets = outlets
        link = transport.get_extra_info("socket")
        self._tcp = link.family in _TCP
        self._socket = socket.socket(link.family, link.type, link.proto, os.dup(link.fileno()))
        self._out = self._socket.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def cork(self, *, on: bool) -> None:
        """Hold back what fills no packet, so that the headers leave with the first bytes of the file; without it, send what was held."""
        if self._tcp:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, on)

    async def drain_headers(self) -> None:
        """Wait until everything written to the transport has left: uvloop writes at the end of its turn, and raw bytes would overtake it."""
        deadline, turns = self._outlets.time() + self._outlets.stall, 0
        while self._transport.get_write_buffer_size():
            if self._transport.is_closing() or self._outlets.time() > deadline:
                raise ConnectionResetError("the peer does not take the headers")
            turns += 1
            await asyncio.sleep(0 if turns <= 10 else 0.005)

    async def send(self, data: bytes) -> None:
        """Write the bytes."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._out, rest) :]
            except BlockingIOError:
                await self._outlets.room(self._out)

    async def send_span(self, fd: int, span: Span, warmth: Warmth, count: Count) -> None:
        """Let the kernel send from the file, and others have their turn after each slice."""
        offset, end = span.start, span.end + 1
        while offset < end:
            await warmth.ensure(offset, end)
            flow = Flow(self._outlets, self._out, fd, warmth, offset, end, count)
            try:
                await flow.run()
            except OSError as error:
                copied = await self._copied(error, fd, flow.offset, end)
                count(copied)
                offset = flow.offset + copied
            else:
                offset = flow.offset

    async def _copied(self, error: OSError, fd: int, offset: int, end: int) -> int:
        """Send a piece by reading it, where the file system has no sendfile; ConnectionResetError for a peer that is gone."""
        if error.errno == errno.ENOTCONN:
            raise ConnectionResetError("the peer is gone") from None
        if error.errno not in _NO_SENDFILE:
            raise error
        piece = os.pread(fd, min(end - offset, _COPY), offset)
        if not piece:
            raise shortened()
        await self.send(piece)
        return len(piece)


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
            await warmth.ensure(offset, end)
            piece = os.pread(fd, min(end - offset, _COPY), offset)
            if not piece:
                raise shortened()
            await self.send(piece)
            offset += len(piece)
            count(len(piece))
