"""Subtitles that are pictures (PGS, as on Blu-ray), taken out of a film as the file that players of them read."""

import struct
from collections.abc import Iterator, Sequence

from av.subtitles.stream import SubtitleStream

from revenge.media.child.source import base_of, only, opened, packets, start_of, stream_of, ticks
from revenge.media.errors import MediaError

PGS = "hdmv_pgs_subtitle"
_HEAD = struct.Struct("!2sIIBH")
"""Of each segment in such a file: `PG`, when it is shown and when it is decoded (90 kHz), its kind, and its length."""
_SEGMENT = struct.Struct("!BH")
"""Of each segment in a film's packet: its kind and its length."""
_MOST = 128 << 20
_LAST = 0xFFFFFFFF


def drawn(stream: int, start_us: int | None, *, fds: Sequence[int]) -> bytes:
    """The stream of that index. It reads the whole film where the container scatters subtitles over it."""
    with opened(fds[0]) as container:
        found = stream_of(container, stream)
        if not isinstance(found, SubtitleStream) or found.codec_context is None or found.codec_context.codec.canonical_name != PGS:
            raise MediaError("The stream holds no subtitles that are pictures.")
        only(container, found)
        base, start = base_of(found), start_of(container, start_us)
        written = bytearray()
        for packet in packets(container, found):
            shown = min(max(0, ticks(packet.pts or 0, base, start)), _LAST)
            for kind, body in segments(bytes(packet)):
                written += _HEAD.pack(b"PG", shown, 0, kind, len(body)) + body
            if len(written) > _MOST:
                raise MediaError("The subtitles are too large to be sent.")
        return bytes(written)


def segments(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each segment of a packet; what is cut off at its end is left out."""
    at = 0
    while at + _SEGMENT.size <= len(packet):
        kind, size = _SEGMENT.unpack_from(packet, at)
        at += _SEGMENT.size
        if at + size > len(packet):
            return
        yield kind, packet[at : at + size]
        at += size
