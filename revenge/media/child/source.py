"""Opening an untrusted file from a descriptor, and standing before a moment in it."""

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.stream import VideoStream

from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK
from revenge.media.orders import Anchor, Section

if TYPE_CHECKING:
    AnyPacket = Packet[Stream]
else:
    AnyPacket = Packet  # generic in PyAV's stubs alone

BY_HEADER = {"skip_frame": "all"}
"""Options to open a container with whose header tells enough: else its first pictures are decoded, which takes longer than copying a piece."""
_APART = 3 * CLOCK
"""Ticks by which sound may be before or behind the pictures of its section."""
_STEPS_S = (2, 6, 20, 60)
"""How far before a moment to look for a keyframe where nobody knows where they are."""


@contextmanager
def opened(fd: int, **options: str) -> Iterator[InputContainer]:
    """The container behind the descriptor, closed afterwards; MediaError when it is none.

    So is what FFmpeg cannot do with it later. `fd:` reads without calling back into Python. The whitelist keeps playlists from opening other files where the sandbox has holes.
    """
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        container = av.open("fd:", options={"fd": str(fd), "protocol_whitelist": "fd", **options}, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaError(reason(error), fault="damaged" if isinstance(error, av.InvalidDataError) else "unreadable") from error
    with container:
        try:
            yield container
        except MemoryError:
            raise
        except av.FFmpegError as error:
            raise MediaError(f"The file is damaged at this place ({error.strerror or error}).") from error


def reason(error: Exception) -> str:
    """Why a file cannot be opened, for people."""
    if isinstance(error, av.InvalidDataError):
        return "It is no media file that can be read, or its beginning is damaged."
    if isinstance(error, av.FFmpegError):
        return f"It cannot be read: {error.strerror or error}."
    return f"It cannot be read: {error}."


def start_of(container: InputContainer, start_us: int | None) -> Fraction:
    """The film's start in seconds: what the index says, or else the container."""
    return Fraction(start_us if start_us is not None else container.start_time or 0, 1_000_000)


def base_of(stream: Stream) -> Fraction:
    """Seconds per unit of the stream's time stamps."""
    if not stream.time_base:
        raise MediaError("A stream in it has no clock.")
    return stream.time_base


def ticks(packet_pts: int, base: Fraction, start: Fraction) -> int:
    """A time stamp as ticks from the film's start."""
    return round((packet_pts * base - start) * CLOCK)


def only(container: InputContainer, wanted: Stream) -> None:
    """Let the demuxer skip every other stream."""
    for stream in container.streams:
        if stream is not wanted:
            stream.discard = Discard.all


def stream_of(container: InputContainer, index: int) -> Stream:
    """The stream of that index; MediaError when the file has changed and it is gone."""
    if not 0 <= index < len(container.streams):
        raise MediaError("The stream is not in the file any more; it has changed since it was scanned.")
    return container.streams[index]


def picture_of(container: InputContainer, index: int) -> VideoStream:
    """The picture stream of that index."""
    stream = stream_of(container, index)
    if not isinstance(stream, VideoStream) or stream.codec_context is None:
        raise MediaError("The stream is no picture that can be decoded.")
    return stream


def stand_before(container: InputContainer, stream: VideoStream, moment: int, start: Fraction, anchors: Sequence[Anchor]) -> None:
    """Stand so that the next keyframe read is at or before the moment (ticks).

    Anchors are known keyframes, nearest first. Transport streams are entered by byte; others by time, and a keyframe earlier where the
    demuxer overshoots (MP4 seeks by decoding time). Without anchors it looks further and further back.
    """
    base = base_of(stream)
    for anchor in anchors:
        if anchor.position is not None:
            container.seek(anchor.position, unsupported_byte_offset=True, stream=stream)
            return
        if _stands(container, stream, int((Fraction(anchor.time, CLOCK) + start) / base), moment, start):
            return
    for back in (0, *_STEPS_S):
        target = Fraction(moment, CLOCK) - back
        if target > 0 and _stands(container, stream, int((target + start) / base), moment, start):
            return
    rewind(container, stream)


def rewind(container: InputContainer, stream: Stream) -> None:
    """Stand at the very beginning."""
    try:
        if container.format.name == "mpegts":  # by time it would miss what a clock that starts anew makes negative
            container.seek(0, unsupported_byte_offset=True)
        else:
            container.seek(min(0, stream.start_time or 0), stream=stream)
    except (av.FFmpegError, OSError):
        container.seek(0, unsupported_byte_offset=True)


def _stands(container: InputContainer, stream: VideoStream, target: int, moment: int, start: Fraction) -> bool:
    """Seek, look at the first keyframe, and seek again if it is early enough."""
    try:
        container.seek(target, stream=stream)
        first = next((packet for packet in packets(container, stream) if packet.is_keyframe), None)
        if first is None or ticks(first.pts or 0, base_of(stream), start) > moment:
            return False
        container.seek(target, stream=stream)
    except (av.FFmpegError, OSError):
        return False
    return True


def packets(container: InputContainer, stream: Stream) -> Iterator[AnyPacket]:
    """Packets of the stream that have a time, to the end or to where the file breaks off."""
    try:
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size:
                yield packet
    except (av.FFmpegError, OSError, IndexError):  # PyAV stumbles at the very end over streams that came up on the way
        return


def running_on(found: Iterator[AnyPacket], sections: Sequence[Section], base: Fraction, start: Fraction) -> Iterator[AnyPacket]:
    """The packets with the stamps of a clock that never jumps."""
    if not sections:
        return found
    return _shifted(found, sections, base, start)


def _shifted(found: Iterator[AnyPacket], sections: Sequence[Section], base: Fraction, start: Fraction) -> Iterator[AnyPacket]:
    position = 0
    for packet in found:
        position = packet.pos if packet.pos is not None and packet.pos >= 0 else position
        shift(packet, _section(sections, position, ticks(packet.pts or 0, base, start)).shift, base)
        yield packet


def shift(packet: AnyPacket, by: int, base: Fraction) -> None:
    """Move a packet in time, by ticks."""
    units = round(by / CLOCK / base)
    packet.pts = (packet.pts or 0) + units
    if packet.dts is not None:
        packet.dts += units


def _section(sections: Sequence[Section], position: int, stamp: int) -> Section:
    """The section a packet belongs to: that of its place, or a neighbour, since sound lies a little before or behind its picture."""
    here = max(0, bisect_right(sections, position, key=lambda section: section.position) - 1)
    near = [sections[at] for at in (here, here - 1, here + 1) if 0 <= at < len(sections)]
    return next((one for one in near if one.first - _APART <= stamp <= one.last + _APART), near[0])


@contextmanager
def passing_over() -> Iterator[None]:
    """Decoding of one packet: what is damaged in it (decoders have many words for that) is left out."""
    try:
        yield
    except MemoryError:
        raise
    except av.FFmpegError:
        return
