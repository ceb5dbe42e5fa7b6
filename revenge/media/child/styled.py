"""Subtitles with their own look (ASS), and the fonts that came with them, for players that draw them as they were meant."""

import os
import re
from collections.abc import Iterator, Sequence

from av.container import InputContainer
from av.subtitles.stream import SubtitleStream

from revenge.media.child.encodings import decoded
from revenge.media.child.source import base_of, only, opened, packets, start_of, stream_of
from revenge.media.errors import MediaError

_EVENTS = re.compile(r"^\[events\]", re.IGNORECASE | re.MULTILINE)
_FORMAT = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
_FIELDS = 2
"""Commas before the style of an event in Matroska: order and layer."""
_MOST = 32 << 20


def embedded(stream: int, start_us: int | None, *, fds: Sequence[int]) -> bytes:
    """The stream of that index, as a file of its own. It reads the whole film where the container scatters subtitles over it."""
    with opened(fds[0]) as container:
        found = stream_of(container, stream)
        if not isinstance(found, SubtitleStream) or found.codec_context is None or found.codec_context.codec.canonical_name != "ass":
            raise MediaError("The stream holds no subtitles with a look of their own.")
        only(container, found)
        head = _EVENTS.split(decoded(found.codec_context.extradata or b""))[0].replace("\r\n", "\n")
        events = sorted(_events(container, found, start_us))
        return (head + _FORMAT + "".join(f"{line}\n" for _, line in events)).encode()


def external(language: str | None, *, fds: Sequence[int]) -> bytes:
    """A file of such subtitles, in UTF-8 whatever it was written in."""
    size = os.fstat(fds[0]).st_size
    text = decoded(os.pread(fds[0], size, 0), language) if size <= _MOST else ""
    if not _EVENTS.search(text):
        raise MediaError("There are no subtitles with a look of their own in it.")
    return text.encode()


def fonts(*, fds: Sequence[int]) -> list[str]:
    """Names of the fonts that came with the film, in the order of their numbers."""
    with opened(fds[0]) as container:
        return [name for name, _ in _fonts(container)]


def font(number: int, *, fds: Sequence[int]) -> bytes:
    """One of the fonts."""
    with opened(fds[0]) as container:
        found = _fonts(container)
        if not 0 <= number < len(found):
            raise MediaError("The film has no such font.")
        return found[number][1]


def _fonts(container: InputContainer) -> list[tuple[str, bytes]]:
    return [
        (stream.name or "", stream.data or b"")
        for stream in container.streams.attachments
        if "font" in (stream.mimetype or "") or (stream.name or "").lower().endswith((".ttf", ".otf", ".ttc", ".woff2"))
    ]


def _events(container: InputContainer, stream: SubtitleStream, start_us: int | None) -> Iterator[tuple[int, str]]:
    """The order of each event, and its line."""
    base, start = base_of(stream), start_of(container, start_us)
    for packet in packets(container, stream):
        order, *rest = decoded(bytes(packet)).replace("\r", "").replace("\n", "\\N").split(",", _FIELDS)
        begin = max(0, round(((packet.pts or 0) * base - start) * 100))
        end = begin + round((packet.duration or 0) * base * 100)
        if len(rest) == _FIELDS and order.strip().isdecimal():
            yield int(order), f"Dialogue: {rest[0]},{_clock(begin)},{_clock(end)},{rest[1]}"


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"
