"""Looking into coded pictures just far enough to tell clean entries from the others."""

from collections.abc import Iterator

from revenge.media.child.source import AnyPacket

_START = b"\0\0\1"


def is_clean_entry(packet: AnyPacket, codec: str) -> bool:
    """Whether decoding may begin at this keyframe with nothing before it: an IDR picture; other codecs only have such keyframes."""
    if codec == "h264":
        return any(unit[0] & 31 == 5 for unit in units(bytes(packet)))
    if codec == "hevc":
        return any(16 <= unit[0] >> 1 & 63 <= 20 for unit in units(bytes(packet)))
    return True


def units(data: bytes) -> Iterator[bytes]:
    """NAL units of a packet, from start codes (transport streams) or length prefixes (MP4, Matroska); each non-empty."""
    if (data[:3] == _START or data[:4] == b"\0" + _START) and not _is_prefixed(data):
        yield from (unit for unit in data.split(_START) if unit.rstrip(b"\0"))
        return
    at = 0
    while at + 4 < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 0:
            return
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def _is_prefixed(data: bytes) -> bool:
    """Whether lengths lead exactly to the end: that of a unit of 256 to 511 bytes looks like a start code."""
    at = 0
    while at + 4 < len(data):
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    return at == len(data)


def without_adts(data: bytes) -> bytes:
    """An AAC frame without the header that transport streams put before each."""
    if len(data) > 7 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return data[7 if data[1] & 1 else 9 :]
    return data
