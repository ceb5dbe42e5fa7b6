"""Presentation times of an MP4's samples, from its tables alone: no picture is read, so it is as fast on a slow disk.

The demuxer's own index holds decoding times, and when it is told to skip all but keyframes, FFmpeg 8 gives keyframes their neighbours'
presentation times.
"""

import os
import struct
from collections.abc import Iterable, Iterator

_MOST = 128 << 20


def offsets(fd: int, track: int, samples: Iterable[int]) -> list[int] | None:
    """Presentation minus decoding time of the samples (rising numbers from 0), in the track's clock; None where no table tells."""
    for trak in children(movie(fd), b"trak"):
        header = next(children(trak, b"tkhd"), b"")
        at = 20 if header[:1] == b"\x01" else 12
        if int.from_bytes(header[at : at + 4], "big") == track:
            table = _path(trak, b"mdia", b"minf", b"stbl")
            return list(_lookup(next(children(table, b"ctts"), b""), samples))
    return None


def children(box: memoryview | bytes, kind: bytes) -> Iterator[memoryview]:
    """Bodies of the boxes of one kind directly inside a box's body."""
    view, at = memoryview(box), 0
    while at + 8 <= len(view):
        length = int.from_bytes(view[at : at + 4], "big")
        if length < 8:
            return
        if view[at + 4 : at + 8] == kind:
            yield view[at + 8 : at + length]
        at += length


def top_level(fd: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, position of the body and its length of each outermost box, as far as they can be read."""
    at, size = 0, os.fstat(fd).st_size
    while at < size and len(head := os.pread(fd, 16, at)) >= 8:
        length, skip = int.from_bytes(head[:4], "big"), 8
        if length == 1 and len(head) == 16:
            length, skip = struct.unpack(">Q", head[8:])[0], 16
        if length == 0:
            length = size - at
        if length < skip:
            return
        yield head[4:8], at + skip, length - skip
        at += length


def movie(fd: int) -> bytes:
    """The body of the `moov` box, wherever it lies; empty when there is none."""
    for kind, at, length in top_level(fd):
        if kind == b"moov" and length <= _MOST:
            return os.pread(fd, length, at)
    return b""


def _path(box: memoryview, *kinds: bytes) -> memoryview | bytes:
    inner: memoryview | bytes = box
    for kind in kinds:
        inner = next(children(inner, kind), b"")
    return inner


def _lookup(table: memoryview | bytes, samples: Iterable[int]) -> Iterator[int]:
    """The table's value for each sample; it is written as runs of equal values. Without a table both times are the same."""
    runs = struct.iter_unpack(">Ii", table[8 : 8 + (len(table) - 8) // 8 * 8]) if len(table) > 8 else iter(())
    end, value = 0, 0
    for sample in samples:
        while end <= sample:
            run = next(runs, None)
            if run is None:
                value, end = 0, 1 << 62
            else:
                end, value = end + run[0], run[1]
        yield value
