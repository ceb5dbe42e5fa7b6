"""Files sent whole, in ranges, by condition, slowly, and to clients that leave; on both event loops."""

import asyncio
import hashlib
import os
import re
import socket
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest
from aiohttp import web

from revenge.api import warm
from revenge.api.endpoint import get
from revenge.api.flow import SLICE
from revenge.api.sender import SENDER, attachment, send_file
from revenge.core.caller import Caller
from revenge.core.qos import Qos

TEN = b"0123456789"
AUTH = "Authorization: Bearer ann\r\n"


@pytest.fixture(scope="module")
def big(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("files") / "big.bin"
    block = os.urandom(1 << 20)
    path.write_bytes(b"".join(block[i:] + block[:i] for i in range(20)))
    return path


@pytest.fixture
def small(tmp_path) -> Path:
    path = tmp_path / "small.txt"
    path.write_bytes(TEN)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


@pytest.fixture
async def files(serve, big, small, tmp_path):
    """`/small`, `/big`, `/paced`, `/download`, `/tagged`, `/any/{name}`: files behind the sender."""

    async def any_of(name: str, request: web.Request, caller: Caller) -> web.StreamResponse:
        return await send_file(request, tmp_path / name, content_type="application/octet-stream")

    def of(path, **options):
        async def handler(request: web.Request, caller: Caller) -> web.StreamResponse:
            return await send_file(request, path, content_type="video/mp4", **options)

        return handler

    async def by_descriptor(request: web.Request, caller: Caller) -> web.StreamResponse:
        fd = os.open(small, os.O_RDONLY)
        try:
            return await send_file(request, fd, content_type="video/mp4")
        finally:
            os.close(fd)

    async def hello(caller: Caller) -> list[str]:
        return ["hello"]

    tag, changed = '"one"', datetime(2024, 1, 1, tzinfo=UTC)
    return await serve(
        [
            get("/small", of(small), may="x", qos=Qos.STREAM),
            get("/big", of(big), may="x", qos=Qos.STREAM),
            get("/paced", of(big, pacing=2_000_000), may="x", qos=Qos.STREAM),
            get("/download", of(small, filename='Amélie "2001".mkv', headers={"Cache-Control": "private"}), may="x"),
            get("/tagged", of(small, etag=tag, last_modified=changed), may="x"),
            get("/weak", of(small, etag='W/"one"'), may="x"),
            get("/any/{name}", any_of, may="x"),
            get("/fd", by_descriptor, may="x"),
            get("/hello", hello, may="x"),
        ]
    )


def _open_files(under: Path | None = None) -> int:
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(under is None or link.startswith(str(under)) for link in links)


async def ask(files, path, method="GET", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with files.request(method, path, as_="ann", headers=headers) as answer:
        return answer, await answer.read()


# --- ranges ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "status", "body", "content_range"),
    [
        (None, 200, TEN, None),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=5-", 206, b"56789", "bytes 5-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=5-2", 200, TEN, None),
        ("bytes=abc", 200, TEN, None),
        ("items=0-1", 200, TEN, None),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=20-", 416, b"", "bytes */10"),
        ("bytes=8-,30-40", 206, b"89", "bytes 8-9/10"),
    ],
)
async def test_ranges_are_answered_as_the_standard_says(files, header, status, body, content_range):
    answer, got = await ask(files, "/small", **({"Range": header} if header else {}))
    assert (answer.status, got) == (status, body)
    assert answer.headers.get("Content-Range") == content_range
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert status == 416 or answer.headers["Content-Type"] == "video/mp4"


async def test_several_ranges_come_as_one_document_of_parts(files, big):
    answer, got = await ask(files, "/big", Range="bytes=0-9, 1048576-2097151, -5")
    assert answer.status == 206
    assert answer.headers["Content-Length"] == str(len(got))
    kind = answer.headers["Content-Type"]
    boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", kind)[1].encode()
    parts = got.split(b"\r\n--" + boundary)
    assert parts[-1] == b"--\r\n"
    whole, size = big.read_bytes(), big.stat().st_size
    for part, (start, end) in zip(parts[1:-1], [(0, 9), (1048576, 2097151), (size - 5, size - 1)], strict=True):
        head, _, body = part.partition(b"\r\n\r\n")
        assert f"Content-Range: bytes {start}-{end}/{size}".encode() in head
        assert b"Content-Type: video/mp4" in head
        assert body == whole[start : end + 1]


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}])
async def test_head_tells_the_size_and_sends_nothing(files, headers):
    answer, got = await ask(files, "/small", "HEAD", **headers)
    assert (answer.status, got, answer.headers["Content-Length"]) == (200, b"", "10")


async def test_an_empty_file_is_an_empty_answer(files, tmp_path):
    (tmp_path / "empty").touch()
    answer, got = await ask(files, "/any/empty")
    assert (answer.status, got, answer.headers["Content-Length"]) == (200, b"", "0")


# --- conditions --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "condition", "status"),
    [
        ("/tagged", '"one"', 206),
        ("/tagged", '"other"', 200),
        ("/tagged", 'W/"one"', 200),
        ("/tagged", "Mon, 01 Jan 2024 00:00:00 GMT", 206),
        ("/tagged", "Sun, 31 Dec 2023 00:00:00 GMT", 200),
        ("/tagged", "Tue, 02 Jan 2024 00:00:00 GMT", 200),
        ("/tagged", "not a date", 200),
        ("/weak", 'W/"one"', 200),
    ],
)
async def test_parts_are_only_given_of_the_version_that_the_client_has_parts_of(files, path, condition, status):
    answer, got = await ask(files, path, Range="bytes=2-4", If_Range=condition)
    assert answer.status == status
    assert got == (b"234" if status == 206 else TEN)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", '"one"', 304),
        ("If-None-Match", 'W/"one"', 304),
        ("If-None-Match", '"two", "one"', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"two"', 200),
        ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT", 304),
        ("If-Modified-Since", "Sun, 31 Dec 2023 23:59:59 GMT", 200),
        ("If-Modified-Since", "yesterday", 200),
        ("If-Match", '"one"', 200),
        ("If-Match", "*", 200),
        ("If-Match", 'W/"one"', 412),
        ("If-Match", '"two"', 412),
        ("If-Unmodified-Since", "Mon, 01 Jan 2024 00:00:00 GMT", 200),
        ("If-Unmodified-Since", "Sun, 31 Dec 2023 00:00:00 GMT", 412),
    ],
)
async def test_conditions_decide_before_ranges_do(files, header, value, status):
    answer, got = await ask(files, "/tagged", **{header: value})
    assert answer.status == status
    assert (got == TEN) == (status == 200)
    if status == 304:
        assert answer.headers["ETag"] == '"one"'
        assert got == b""


async def test_the_file_systems_word_is_the_default_version(files, small):
    answer, _ = await ask(files, "/small")
    assert parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp() == 1_700_000_000
    again, _ = await ask(files, "/small", If_None_Match=answer.headers["ETag"])
    assert again.status == 304


async def test_a_replaced_file_is_another_version(files, tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"one")
    first, _ = await ask(files, "/any/film")
    files.runner.app[SENDER].descriptors.seconds = 0  # as if the file had been open for long
    path.with_suffix(".new").write_bytes(b"two")
    path.with_suffix(".new").rename(path)
    second, body = await ask(files, "/any/film", Range="bytes=0-0", If_Range=first.headers["ETag"])
    assert (second.status, body) == (200, b"two")


# --- names and kinds ---------------------------------------------------------------------------------------------------------------


async def test_a_download_keeps_its_name_whatever_its_letters(files):
    answer, _ = await ask(files, "/download")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Am_lie _2001_.mkv\"; filename*=UTF-8''Am%C3%A9lie%20%222001%22.mkv"
    )
    assert answer.headers["Cache-Control"] == "private"


async def test_nobody_on_the_way_keeps_a_file_or_makes_it_smaller(files):
    answer, _ = await ask(files, "/small")
    assert answer.headers["Cache-Control"] == "private, no-transform"
    for condition in ({"If_None_Match": answer.headers["ETag"]}, {"Range": "bytes=0-1"}):
        again, _ = await ask(files, "/small", **condition)
        assert again.headers["Cache-Control"] == "private, no-transform"


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", "🎬.mkv", "x;y.mkv", "50%.mkv", "a\\b", "plain.mkv", ""])
def test_no_name_can_break_out_of_its_header(name):
    value = attachment(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2


async def test_a_file_that_is_gone_is_not_found(files):
    answer, _ = await ask(files, "/any/nothing")
    assert answer.status == 404


async def test_a_folder_or_a_pipe_is_no_file(files, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        answer, _ = await ask(files, f"/any/{name}")
        assert answer.status == 404


async def test_a_descriptor_that_was_given_stays_with_its_owner(files):
    assert (await ask(files, "/fd"))[1] == TEN


# --- bytes -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sendfile_calls(monkeypatch):
    calls, real = [], os.sendfile

    def counted(out, fd, offset, count):
        sent = real(out, fd, offset, count)
        calls.append(sent)
        return sent

    monkeypatch.setattr(os, "sendfile", counted)
    return calls


async def test_every_byte_goes_by_sendfile_in_slices_and_none_through_python(files, big, sendfile_calls):
    """uvloop has no sendfile, and aiohttp then copies without a word."""
    _, got = await ask(files, "/big")
    assert hashlib.sha256(got).digest() == hashlib.sha256(big.read_bytes()).digest()
    assert sum(sendfile_calls) == len(got)
    assert max(sendfile_calls) <= SLICE < len(got)


async def test_many_answers_over_one_connection_stay_in_step(files, big):
    whole = big.read_bytes()
    reader, writer = await asyncio.open_connection(files.host, files.port)
    for start, end in [(0, 0), (7, 3_000_000), (1 << 20, (1 << 20) + 5), (19_000_000, 20_000_000)]:
        writer.write(
            f"GET /big HTTP/1.1\r\nHost: x\r\n{AUTH}Range: bytes={start}-{end}\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("HTTP/1.1 206")
        assert await reader.readexactly(end + 1 - start) == whole[start : end + 1]
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("HTTP/1.1 200")
        assert await reader.readexactly(9) == b'["hello"]'
    writer.close()


async def test_a_slow_reader_gets_everything_and_holds_up_nobody(files, big):
    whole = hashlib.sha256(big.read_bytes()).digest()
    reader, writer = await asyncio.open_connection(files.host, files.port, limit=1 << 16)
    writer.write(f"GET /big HTTP/1.1\r\nHost: x\r\n{AUTH}Connection: close\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    began = time.perf_counter()
    answer, _ = await ask(files, "/hello")
    assert answer.status == 200
    assert time.perf_counter() - began < 5
    digest = hashlib.sha256()
    while piece := await reader.read(1 << 20):
        digest.update(piece)
    assert digest.digest() == whole
    writer.close()


async def test_a_file_that_becomes_shorter_ends_the_connection_and_is_never_padded(files, tmp_path):
    path = tmp_path / "shrinks"
    path.write_bytes(b"x" * (30 << 20))
    reader, writer = await asyncio.open_connection(files.host, files.port, limit=1 << 16)
    writer.write(f"GET /any/shrinks HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    os.truncate(path, 1 << 20)
    got = len(await reader.read())
    assert got < 30 << 20
    writer.close()


async def test_a_reader_that_takes_nothing_is_left(files):
    files.runner.app[SENDER].outlets.stall = 0.2
    link = files.frame.link
    _reader, writer = await asyncio.open_connection(files.host, files.port, limit=1 << 16)
    writer.transport.pause_reading()
    writer.write(f"GET /big HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
    async with asyncio.timeout(5):
        while not link.passed[Qos.STREAM]:
            await asyncio.sleep(0.01)
        while link.streams[Qos.STREAM]:
            await asyncio.sleep(0.01)
    assert link.passed[Qos.STREAM] < 20 << 20
    writer.close()


async def test_a_viewer_who_leaves_frees_stream_and_file_at_once(files):
    link, before = files.frame.link, _open_files()
    writers = []
    for _ in range(5):
        _reader, writer = await asyncio.open_connection(files.host, files.port, limit=1 << 16)
        writer.transport.pause_reading()
        writer.write(f"GET /big HTTP/1.1\r\nHost: x\r\n{AUTH}\r\n".encode())
        writers.append(writer)
    async with asyncio.timeout(5):
        while link.streams[Qos.STREAM] < 5:
            await asyncio.sleep(0.01)
        for writer in writers:
            writer.transport.abort()
        while link.streams[Qos.STREAM]:
            await asyncio.sleep(0.01)
    files.runner.app[SENDER].descriptors.close()
    await asyncio.sleep(0.05)
    assert _open_files() <= before


async def test_a_film_is_opened_once_for_many_ranges(files, monkeypatch):
    opened, real = [], os.open

    def counted(path, flags, *rest):
        opened.append(str(path))
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", counted)
    for start in range(20):
        await ask(files, "/big", Range=f"bytes={start}-{start}")
    assert sum(path.endswith("big.bin") for path in opened) == 1


async def test_open_files_are_few_and_are_closed_when_nobody_asks(files, tmp_path):
    descriptors = files.runner.app[SENDER].descriptors
    descriptors.most, descriptors.seconds = 3, 0.2
    for n in range(8):
        (tmp_path / f"f{n}").write_bytes(TEN)
        await ask(files, f"/any/f{n}")
    assert 0 < _open_files(tmp_path) <= 3
    async with asyncio.timeout(3):
        while _open_files(tmp_path):
            await asyncio.sleep(0.05)


async def test_a_file_that_is_not_in_memory_is_fetched_by_a_thread_before_it_is_sent(files, big, monkeypatch):
    fetched, real, here = [], warm._fetch, threading.get_ident()

    def noted(fd, offset, count):
        assert threading.get_ident() != here
        real(fd, offset, count)
        fetched.append((offset, count))

    monkeypatch.setattr(warm, "_fetch", noted)
    monkeypatch.setattr(warm, "_is_cached", lambda _, offset: any(start <= offset < start + count for start, count in fetched))
    _, got = await ask(files, "/big")
    assert hashlib.sha256(got).digest() == hashlib.sha256(big.read_bytes()).digest()
    size = big.stat().st_size
    assert fetched == [(offset, min(warm.WINDOW, size - offset)) for offset in range(0, size, warm.WINDOW)]


def test_the_kernel_is_asked_what_is_in_memory(big):
    with big.open("rb") as file:
        file.read()
        assert warm._is_cached(file.fileno(), 0)
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        size = big.stat().st_size
        if all(warm._is_cached(file.fileno(), offset) for offset in range(0, size, size // 4)):
            pytest.skip("this file system keeps files in memory")


async def test_a_file_system_without_sendfile_is_read_instead(files, big, monkeypatch):
    def refuse(*_):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", refuse)
    _, got = await ask(files, "/big")
    assert got == big.read_bytes()


# --- pace --------------------------------------------------------------------------------------------------------------------------


async def test_a_paced_answer_keeps_its_rate_and_the_next_one_on_the_connection_is_free(files):
    reader, writer = await asyncio.open_connection(files.host, files.port)
    size = 1_000_000
    took = []
    for path in ("/paced", "/big"):
        began = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{AUTH}Range: bytes=0-{size - 1}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(size)
        took.append(time.perf_counter() - began)
    writer.close()
    assert took[0] > 0.2  # 1 MB at 2 MB/s, with the burst a socket starts with
    assert took[1] < took[0]


# --- TLS ---------------------------------------------------------------------------------------------------------------------------


async def test_tls_carries_the_same_bytes_by_the_longer_way(serve, big, certificate):
    async def handler(request: web.Request, caller: Caller) -> web.StreamResponse:
        return await send_file(request, big, content_type="video/mp4")

    client = await serve([get("/big", handler, may="x")], ssl=certificate)
    url = f"https://{client.host}:{client.port}/big"
    async with client.session.get(url, ssl=False, headers={"Authorization": "Bearer ann"}) as answer:
        assert await answer.read() == big.read_bytes()
        assert answer.headers["Strict-Transport-Security"]
    async with client.session.get(url, ssl=False, headers={"Authorization": "Bearer ann", "Range": "bytes=5-9,20-24"}) as answer:
        assert answer.status == 206
        assert big.read_bytes()[20:25] in await answer.read()


def test_dates_are_written_as_headers_want_them():
    from revenge.api.conditions import http_date

    assert http_date(0) == format_datetime(datetime.fromtimestamp(0, UTC), usegmt=True) == "Thu, 01 Jan 1970 00:00:00 GMT"


async def test_a_local_socket_serves_files_too(files, big, tmp_path):
    import tempfile

    folder = tempfile.mkdtemp(prefix="rv", dir="/tmp")
    await web.UnixSite(files.runner, f"{folder}/s").start()
    reader, writer = await asyncio.open_unix_connection(f"{folder}/s")
    assert writer.get_extra_info("socket").family == socket.AF_UNIX
    writer.write(f"GET /big HTTP/1.1\r\nHost: x\r\n{AUTH}Connection: close\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.read() == big.read_bytes()
    writer.close()
