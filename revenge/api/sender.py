"""Sends files: ranges, conditions, and bytes that go from the page cache to the socket without passing through Python."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from revenge.api.conditions import Version, fails, is_known, ranges_hold
from revenge.api.descriptors import Descriptors, Opened
from revenge.api.outlets import Outlets
from revenge.api.problems import PreconditionFailed
from revenge.api.ranges import Span, Unsatisfiable, parse
from revenge.api.traffic import Stream, Traffic
from revenge.api.warm import Warmth
from revenge.api.wire import STALL, Body, Copying, Wire

PRIVATE = "private, no-transform"
"""Whoever may see a film may keep it for themselves; nobody on the way keeps it, or makes it smaller."""
_KEPT = {"Cache-Control": PRIVATE}
_THREADS = 4
"""Threads that wait for disks, apart from everybody else's."""


class Sender:
    """The file sender of one application: its open files, its threads, its counts."""

    def __init__(self, traffic: Traffic, *, stall: float = STALL) -> None:
        self.traffic = traffic
        self._stall = stall
        self.threads = ThreadPoolExecutor(_THREADS, "files")
        self.descriptors = Descriptors(self.threads)
        self.outlets: Outlets
        """What watches the sockets, from `open` on."""

    def open(self) -> None:
        """Begin to watch sockets, in the loop that runs now."""
        self.outlets = Outlets(self._stall)

    def close(self) -> None:
        """Close the files and let the threads end."""
        self.outlets.close()
        self.descriptors.close()
        self.threads.shutdown(wait=False)

    async def take(self, source: Path | str | int) -> Opened:
        """Return the file, to be given back; a descriptor that is given stays its owner's."""
        if not isinstance(source, int):
            return await self.descriptors.take(os.fspath(source))
        opened = Opened(source, os.fstat(source))
        opened.users = 1
        return opened


SENDER = web.AppKey("sender", Sender)


class Sending(Struct, frozen=True):
    """How a file is to be sent."""

    content_type: str
    filename: str | None
    version: Version
    pacing: int | None
    headers: Mapping[str, str]


class Streamed(web.StreamResponse):
    """An answer whose bytes go past aiohttp; it knows itself how many they were."""

    sent = 0

    @property
    def body_length(self) -> int:
        """Bytes of the body that have been sent."""
        return self.sent


async def send_file(
    request: web.Request,
    source: Path | str | int,
    *,
    content_type: str,
    filename: str | None = None,
    etag: str | None = None,
    last_modified: datetime | None = None,
    pacing: int | None = None,
    headers: Mapping[str, str] | None = None,
    check: Callable[[int, int], None] | None = None,
) -> web.StreamResponse:
    """Answer with a file (a path, or a descriptor that the caller keeps open): whole, in ranges, or by status alone.

    `filename` makes it a download. `etag` and `last_modified` default to what the file system says. `pacing` is the most bytes per
    second. `headers` are added; unless they say otherwise, only the client itself may keep the file. `check` is told the open file's size and time (ns), and raises when it is not
    the one that was meant. NotFound, Unavailable and PreconditionFailed are raised before anything is sent; afterwards an error can only close the connection.
    """
    sender = request.app[SENDER]
    opened = await sender.take(source)
    try:
        if check is not None:
            check(opened.size, opened.modified_ns)
        version = opened.version
        if etag is not None or last_modified is not None:
            version = Version(_quoted(etag) or version.etag, int(last_modified.timestamp()) if last_modified else version.modified)
        more = {"Cache-Control": PRIVATE, **headers} if headers else _KEPT
        return await _answer(request, sender, opened, Sending(content_type, filename, version, pacing, more))
    finally:
        opened.give_back()


async def _answer(request: web.Request, sender: Sender, opened: Opened, sending: Sending) -> web.StreamResponse:
    version = sending.version
    if fails(request, version):
        raise PreconditionFailed("The file here is another version than the one you named.")
    if is_known(request, version):
        return web.Response(status=304, headers={**sending.headers, **version.headers()})
    try:
        spans = _spans(request, opened.size, version)
    except Unsatisfiable:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{opened.size}", "Accept-Ranges": "bytes"})
    return await _stream(request, sender, opened, sending, spans)


def attachment(filename: str) -> str:
    """The `Content-Disposition` that makes browsers save under this name, whatever its letters (RFC 6266)."""
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%;' else "_" for letter in filename)
    value = f'attachment; filename="{plain}"'
    return value if plain == filename else f"{value}; filename*=UTF-8''{quote(filename, safe='')}"


def _spans(request: web.Request, size: int, version: Version) -> list[Span] | None:
    """The ranges to send, None for the whole. Ranges have a meaning for GET alone."""
    if request.method != "GET" or not ranges_hold(request, version):
        return None
    return parse(request.headers.get("Range"), size)


async def _stream(request: web.Request, sender: Sender, opened: Opened, sending: Sending, spans: list[Span] | None) -> web.StreamResponse:
    parts, kind = _parts(spans, opened.size, sending.content_type)
    response = Streamed(status=200 if spans is None else 206, headers=_headers(sending, opened.size, spans, kind))
    response.content_length = sum(len(part) if isinstance(part, bytes) else part.length for part in parts)
    if request.method == "HEAD" or not response.content_length:
        await response.prepare(request)
        return response
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the peer is gone")
    if transport.get_extra_info("sslcontext") is not None or transport.get_extra_info("socket") is None:
        writer = await response.prepare(request)
        assert writer is not None  # only an answer that was already sent has none
        async with sender.traffic.stream(request, sending.pacing) as stream:
            await _send(stream, sender, opened, parts, Copying(writer, sender.outlets.stall), response)
        return response
    with Wire(transport, sender.outlets) as wire:
        wire.cork(on=True)  # before the headers are written: each packet that is spared is a client that is woken once less
        await response.prepare(request)
        async with sender.traffic.stream(request, sending.pacing) as stream:
            await wire.drain_headers()
            await _send(stream, sender, opened, parts, wire, response)
        wire.cork(on=False)
    return response


async def _send(stream: Stream, sender: Sender, opened: Opened, parts: Sequence[bytes | Span], body: Body, response: Streamed) -> None:
    warmth = Warmth(opened.fd, sender.threads)

    def sent(size: int) -> None:
        response.sent += size
        stream.add(size)

    for part in stream.pieces(parts):
        await stream.turn()
        if isinstance(part, bytes):
            await body.send(part)
            sent(len(part))
        else:
            await body.send_span(opened.fd, part, warmth, sent)


def _parts(spans: list[Span] | None, size: int, content_type: str) -> tuple[list[bytes | Span], str]:
    """What the body consists of, and its content type: several ranges are a multipart document."""
    if spans is None:
        return [Span(0, size - 1)], content_type
    if len(spans) == 1:
        return [spans[0]], content_type
    boundary = token_hex(12)
    parts: list[bytes | Span] = []
    for span in spans:
        parts += [f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {span.content_range(size)}\r\n\r\n".encode(), span]
    return [*parts, f"\r\n--{boundary}--\r\n".encode()], f"multipart/byteranges; boundary={boundary}"


def _headers(sending: Sending, size: int, spans: list[Span] | None, kind: str) -> dict[str, str]:
    headers = {"Accept-Ranges": "bytes", "Content-Type": kind, **sending.version.headers(), **sending.headers}
    if spans is not None and len(spans) == 1:
        headers["Content-Range"] = spans[0].content_range(size)
    if sending.filename is not None:
        headers["Content-Disposition"] = attachment(sending.filename)
    return headers


def _quoted(etag: str | None) -> str | None:
    return etag if etag is None or etag.endswith('"') else f'"{etag}"'
