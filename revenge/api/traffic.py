"""What the node sends as streams: counted always, and limited where there are limits. A file's rate is the kernel's to keep."""

import asyncio
from collections.abc import Iterator, Sequence
from math import inf
from typing import Self

from aiohttp import web

from revenge.api.keys import QOS
from revenge.api.payer import Payer, Payers
from revenge.api.ranges import Span
from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import LOOK, Link
from revenge.infra.bandwidth.paced import Paced

_NOBODY = Payer()
_PIECE = 128 << 10
"""Bytes after which an answer that may have to stop asks whether it may go on."""
_SOON = 0.01


class Traffic:
    """The streams of one application, each of which takes part in what there is."""

    def __init__(self, link: Link, payers: Payers) -> None:
        self._link = link
        self._payers = payers
        self._running: set[Stream] = set()
        self._paced: dict[asyncio.BaseTransport, Paced] = {}
        """The answer that a connection is limited to, until the kernel has sent the last of it."""
        self._adopting: set[asyncio.Task[None]] = set()
        link.on_bind = self._adopt

    def stream(self, request: web.Request, most: float | None = None) -> "Stream":
        """One stream more, as long as the block lasts; `most` is the most bytes per second it may have, whatever there is."""
        return Stream(self, request, inf if most is None else most)

    async def release(self, request: web.Request, _response: web.StreamResponse) -> None:
        """Lift what an earlier answer on this connection was limited to (a signal before every answer).

        While the kernel still sends that one its rate stays: who asks for the next piece early would otherwise get all at once.
        """
        if self._paced and request.transport in self._paced and not self._paced[request.transport].sent().queued:
            self._lift(request.transport)

    async def begin(self, stream: "Stream") -> None:
        """A stream takes part from now on."""
        payer = await self._payers.of(stream.request) if self._link.binds else _NOBODY
        self._link.streams[stream.qos] += 1
        self._running.add(stream)
        if self._link.binds or stream.most < inf:
            self._pace(stream, payer)

    def end(self, stream: "Stream") -> None:
        """Everything of a stream was handed to the kernel, or its peer is gone."""
        self._link.streams[stream.qos] -= 1
        self._running.discard(stream)
        if stream.paced is not None and stream.transport is not None:
            self._finish(stream.transport, stream.paced)

    def count(self, qos: Qos, count: int) -> None:
        """So many bytes more of a stream have been sent."""
        self._link.count(qos, count)

    def _pace(self, stream: "Stream", payer: Payer) -> None:
        transport = stream.transport
        if transport is None or transport.is_closing() or transport.get_extra_info("socket") is None:
            return
        self._lift(transport)
        paced = stream.paced = self._paced[transport] = Paced(
            stream.qos, payer.user, _Connection(transport), remote=payer.remote, viewing=payer.viewing, most=stream.most
        )
        paced.allow(inf)  # its own limit holds at once, and alone where there is no other
        self._link.join(paced)

    def _finish(self, transport: asyncio.BaseTransport, paced: Paced) -> None:
        """Lift the rate when the kernel has sent what it holds: until then that takes its share."""
        if self._paced.get(transport) is not paced:
            return  # the next answer has its place
        if queued := paced.sent().queued:
            wait = min(max(queued / (paced.rate or 1), _SOON), LOOK)
            asyncio.get_running_loop().call_later(wait, self._finish, transport, paced)
        else:
            self._lift(transport)

    def _lift(self, transport: asyncio.BaseTransport) -> None:
        paced = self._paced.pop(transport, None)
        if paced is not None:
            self._link.leave(paced)
            paced.free()

    def _adopt(self) -> None:
        """There are limits from now on: what is being sent keeps to them, too."""
        for stream in self._running:
            task = asyncio.get_running_loop().create_task(self._adopted(stream))
            self._adopting.add(task)
            task.add_done_callback(self._adopting.discard)

    async def _adopted(self, stream: "Stream") -> None:
        payer = await self._payers.of(stream.request)
        if stream in self._running:
            self._pace(stream, payer)


class Stream:
    """One answer being streamed; `add` takes its bytes as they are sent."""

    __slots__ = ("_traffic", "most", "paced", "qos", "request", "transport")

    def __init__(self, traffic: Traffic, request: web.Request, most: float) -> None:
        self._traffic = traffic
        self.request = request
        self.transport = request.transport
        self.most = most
        self.qos = request.get(QOS, Qos.STREAM)
        self.paced: Paced | None = None

    async def __aenter__(self) -> Self:
        await self._traffic.begin(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._traffic.end(self)

    def add(self, count: int) -> None:
        """So many bytes more have been sent."""
        self._traffic.count(self.qos, count)

    def pieces(self, parts: Sequence[bytes | Span]) -> Iterator[bytes | Span]:
        """Yield the parts, in small pieces where one may have to stop between them."""
        for part in parts:
            if self.qos is not Qos.MAINTENANCE or isinstance(part, bytes):
                yield part
            else:
                for start in range(part.start, part.end + 1, _PIECE):
                    yield Span(start, min(start + _PIECE - 1, part.end))

    async def turn(self) -> None:
        """Return when the next piece may go: at once, unless there is nothing at all for its class now."""
        if self.paced is not None:
            await self.paced.turn()


class _Connection:
    """A transport, as pacing looks at it."""

    __slots__ = ("_socket", "_transport")

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._socket = transport.get_extra_info("socket")

    def is_closing(self) -> bool:
        """Whether it has ended or is about to."""
        return self._transport.is_closing()

    def fileno(self) -> int:
        """Its socket's descriptor."""
        return int(self._socket.fileno())
