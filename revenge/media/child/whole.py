"""Whether a file is all there: containers say how long they are, and interrupted downloads are shorter."""

import os
from itertools import islice

from revenge.media.child.samples import top_level

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
_MOST_BOXES = 10_000


def missing(fd: int) -> int:
    """Bytes the file lacks at its end, as far as its container tells; 0 when it is whole or does not say."""
    size = os.fstat(fd).st_size
    head = os.pread(fd, 4096, 0)
    if head[4:8] in _BOXES:
        return max(0, _end_of_boxes(fd) - size)
    if head[:4] == _EBML:
        return max(0, _end_of_segment(head, size) - size)
    return 0


def _end_of_boxes(fd: int) -> int:
    """Where the last outermost box of an MP4 says it ends."""
    return max((at + length for _, at, length in islice(top_level(fd), _MOST_BOXES)), default=0)


def _end_of_segment(head: bytes, size: int) -> int:
    """Where the segment of a Matroska file says it ends; the file's size when it does not (live recordings)."""
    header = 4 + _vint_length(head, 4) + _vint(head, 4)
    if head[header : header + 4] != _SEGMENT or header + 12 > len(head):
        return size
    at, length = header + 4, _vint_length(head, header + 4)
    if _vint(head, at) == (1 << 7 * length) - 1:
        return size
    return at + length + _vint(head, at)


def _vint_length(data: bytes, at: int) -> int:
    return 9 - data[at].bit_length()


def _vint(data: bytes, at: int) -> int:
    """A variable-length number without its length mark."""
    length = _vint_length(data, at)
    return int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
