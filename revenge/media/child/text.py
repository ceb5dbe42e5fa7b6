"""Subtitles as WebVTT, from a stream inside a film or from a file beside it."""

import os
from collections.abc import Iterable, Iterator, Sequence

from av.container import InputContainer
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from revenge.media.child.cues import Cue, ass_file, ass_text, plain_text, srt_file, srt_text, vtt
from revenge.media.child.encodings import decoded
from revenge.media.child.source import AnyPacket, base_of, only, opened, packets, start_of, stream_of
from revenge.media.errors import MediaError

_MOST = 32 << 20
_EVENT_FIELDS = 8
"""Commas before the text of an ASS event in Matroska: order, layer, style, name, three margins, effect."""


def embedded(stream: int, start_us: int | None, *, fds: Sequence[int]) -> bytes:
    """The text stream of that index. It reads the whole film where the container scatters subtitles over it."""
    with opened(fds[0]) as container:
        found = stream_of(container, stream)
        if not isinstance(found, SubtitleStream) or found.codec_context is None:
            raise MediaError("The stream holds no subtitles that can be read.")
        only(container, found)
        return vtt(_stream_cues(container, found, start_us))


def external(language: str | None, *, fds: Sequence[int]) -> bytes:
    """A subtitle file: SRT, WebVTT or ASS, told apart by what is in it; the language, where it is known, tells what it may be written in."""
    size = os.fstat(fds[0]).st_size
    if size > _MOST:
        raise MediaError("It is too large for a subtitle file.")
    text = decoded(os.pread(fds[0], size, 0), language).replace("\r\n", "\n").replace("\r", "\n")
    cues = list(ass_file(text) if "[events]" in text.lower() else srt_file(text))
    if not cues:
        raise MediaError("There are no subtitles in it.")
    return vtt(cues)


def _stream_cues(container: InputContainer, stream: SubtitleStream, start_us: int | None) -> Iterator[Cue]:
    codec = stream.codec_context.codec.canonical_name
    base, start = base_of(stream), start_of(container, start_us)
    for packet in packets(container, stream):
        text, settings = _packet_text(stream, packet, codec)
        begin = round(((packet.pts or 0) * base - start) * 1000)
        if text:
            yield Cue(max(0, begin), max(0, begin) + round((packet.duration or 0) * base * 1000), text, settings)


def _packet_text(stream: SubtitleStream, packet: AnyPacket, codec: str) -> tuple[str, str]:
    """Text and placement of one cue. What a packet holds as text is read directly: FFmpeg's SRT decoder loses what looks like tags."""
    if codec in ("subrip", "text"):
        return srt_text(decoded(bytes(packet)))
    if codec in ("ass", "ssa"):
        return ass_text(decoded(bytes(packet)).split(",", _EVENT_FIELDS)[-1])
    if codec == "webvtt":
        return decoded(bytes(packet)), ""
    if codec == "mov_text":
        return plain_text(_dialogues(stream.decode(packet))), ""
    raise MediaError("The stream holds pictures, not text.")


def _dialogues(subtitles: Iterable[object]) -> str:
    lines = (subtitle.dialogue for subtitle in subtitles if isinstance(subtitle, AssSubtitle))
    return "\n".join(line.decode("utf-8", "replace") for line in lines)
