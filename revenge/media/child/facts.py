"""What is inside a media file."""

import os
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from revenge.core.facts import AudioTrack, Chapter, MediaFacts, SubtitleTrack, VideoTrack
from revenge.media.child import aac, keys
from revenge.media.child.source import opened
from revenge.media.child.turned import rotation
from revenge.media.child.whole import missing
from revenge.media.containers import container_name
from revenge.media.errors import MediaError
from revenge.media.probed import Outcome, Probed, ProbeFailed

_QUICK = {"probesize": "32768", "analyzeduration": "1", "codec_whitelist": aac.OTHERS}
"""Enough for containers that describe their streams in front. Plain AAC needs no decoder to be known."""
_THOROUGH = {"probesize": "50000000", "analyzeduration": "60000000"}
_HEAD = 64
"""Bytes at the beginning of a file that say what Matroska holds."""
_STILL = (Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image).value
_DEFAULT = Disposition.default.value
_PQ, _HLG = 16, 18
_HDR = {_PQ: "hdr10", _HLG: "hlg"}
_DOLBY = {"dvh1", "dvhe", "dva1", "dvav", "dav1"}
_PICTURES = {"image2", "gif", "apng", "tty", "ico"}
_INTERLACED = range(2, 6)
"""FFmpeg's field orders: 0 unknown, 1 progressive, then the ways to lace fields."""


def read(index: bool, *, fds: Sequence[int]) -> list[Outcome]:
    """Facts, and the keyframe index where it is cheap, of every descriptor; a bad file is an answer and does not spoil the batch."""
    return [examine(fd, index=index) for fd in fds]


def examine(fd: int, *, index: bool = True) -> Outcome:
    """Facts of one file."""
    try:
        _refuse_broken(fd)
        for options in (_QUICK, {}, _THOROUGH):
            with opened(fd, **options) as container:
                if not _enough(container, options):
                    continue
                facts = describe(container, fd)
                packed = keys.cheap(container, facts, fd) if index else None
            return Probed(facts, packed)
    except MediaError as error:
        return ProbeFailed(error.detail, error.fault)
    except (av.FFmpegError, ValueError, OSError, ArithmeticError) as error:
        return ProbeFailed(f"It cannot be read to its end: {error}.")
    return ProbeFailed("It holds neither picture nor sound that can be played.", "no_streams")


def describe(container: InputContainer, fd: int) -> MediaFacts:
    """Facts of an opened file."""
    size = container.size
    return MediaFacts(
        container=container_name(container.format.name, os.pread(fd, _HEAD, 0)),
        duration_ms=_duration_ms(container),
        size=size,
        bit_rate=container.bit_rate or None,
        video=next((_picture(stream, container, fd) for stream in _pictures(container)), None),
        audio=tuple(_sound(stream) for stream in container.streams if isinstance(stream, AudioStream) and _decodable(stream)),
        subtitles=tuple(_words(stream) for stream in container.streams if isinstance(stream, SubtitleStream)),
        chapters=_chapters(container),
    )


def _refuse_broken(fd: int) -> None:
    size = os.fstat(fd).st_size
    if size == 0:
        raise MediaError("The file is empty.", fault="empty")
    if lacks := missing(fd):
        raise MediaError(f"The file is cut off: {lacks} of {size + lacks} bytes are missing.", fault="cut_off")


def _enough(container: InputContainer, options: dict[str, str]) -> bool:
    """Whether this probe saw what it needs; transport streams, whose streams announce themselves late, always get the usual one."""
    name = container.format.name
    if name.endswith("_pipe") or name in _PICTURES:
        raise MediaError("It is a picture, not a film.", fault="picture")
    if options is _QUICK and name.split(",")[0] not in ("mov", "matroska"):
        return False
    pictures, sounds = _pictures(container), [stream for stream in container.streams if isinstance(stream, AudioStream)]
    complete = (
        all(stream.width and stream.height and stream.pix_fmt for stream in pictures)
        and all(_decodable(stream) and stream.sample_rate and stream.channels for stream in sounds)
        and (options is not _QUICK or all(_is_known(stream) for stream in sounds))
        and bool(container.duration)
    )
    if options is _THOROUGH:
        return bool(pictures or sounds)
    return complete and bool(pictures or sounds)


def _is_known(sound: AudioStream) -> bool:
    """Whether a quick probe knows all of a sound: AAC's decoder has not been asked."""
    context = sound.codec_context
    return context.codec.canonical_name != "aac" or aac.plain_layout(context.extradata) is not None


def _decodable(stream: Stream) -> bool:
    return stream.codec_context is not None


def _pictures(container: InputContainer) -> list[VideoStream]:
    """Streams that are films: covers and thumbnails are not, and the default one comes first."""
    found = [stream for stream in container.streams.video if _decodable(stream) and not stream.disposition.value & _STILL]
    return sorted(found, key=lambda stream: not stream.disposition.value & _DEFAULT)


def _picture(stream: VideoStream, container: InputContainer, fd: int) -> VideoTrack:
    context = stream.codec_context
    aspect = stream.sample_aspect_ratio
    rate = stream.average_rate or stream.guessed_rate
    return VideoTrack(
        index=stream.index,
        codec=context.codec.canonical_name,
        width=context.width,
        height=context.height,
        profile=context.profile,
        level=context.level if context.level > 0 else None,
        pixel_format=context.pix_fmt or "yuv420p",
        bit_depth=context.format.components[0].bits if context.format else 8,
        frame_rate=round(float(rate), 3) if rate else None,
        bit_rate=_bit_rate(stream),
        hdr=_hdr(stream),
        interlaced=context.field_order in _INTERLACED,
        rotation=rotation(fd) if container.format.name.startswith("mov") else 0,
        sample_aspect=f"{aspect.numerator}:{aspect.denominator}" if aspect else "1:1",
    )


def _hdr(stream: VideoStream) -> str | None:
    if stream.codec_context.codec_tag.lower() in _DOLBY:
        return "dolby_vision"
    return _HDR.get(stream.codec_context.color_trc)


def _sound(stream: AudioStream) -> AudioTrack:
    context = stream.codec_context
    codec = context.codec.canonical_name
    plain = aac.plain_layout(context.extradata) if codec == "aac" else None
    return AudioTrack(
        index=stream.index,
        codec=codec,
        channels=context.channels,
        sample_rate=context.sample_rate,
        profile=aac.PROFILE if plain else context.profile,
        layout=plain or context.layout.name,
        bit_rate=_bit_rate(stream),
        language=_language(stream),
        title=stream.metadata.get("title"),
        default=bool(stream.disposition & Disposition.default),
    )


def _words(stream: SubtitleStream) -> SubtitleTrack:
    return SubtitleTrack(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name if _decodable(stream) else "unknown",
        language=_language(stream),
        title=stream.metadata.get("title"),
        default=bool(stream.disposition & Disposition.default),
        forced=bool(stream.disposition & Disposition.forced),
    )


def _language(stream: Stream) -> str | None:
    language = (stream.metadata.get("language") or "").strip().lower()
    return None if language in ("", "und", "unknown", "mis", "zxx") else language


def _bit_rate(stream: VideoStream | AudioStream) -> int | None:
    """What the stream says, or what a muxer wrote beside it."""
    if rate := stream.codec_context.bit_rate:
        return rate
    written = next((value for name, value in stream.metadata.items() if name.upper().startswith("BPS")), "")
    return int(written) if written.isdecimal() and 0 < int(written) < 1 << 40 else None


def _duration_ms(container: InputContainer) -> int:
    if container.duration:
        before = max(0, container.start_time or 0) if "matroska" in container.format.name else 0  # it counts from the clock's zero
        return max(0, (container.duration - before) // 1000)
    lengths = [stream.duration * stream.time_base for stream in container.streams if stream.duration and stream.time_base]
    return int(max(lengths, default=Fraction(0)) * 1000)


def _chapters(container: InputContainer) -> tuple[Chapter, ...]:
    found = []
    with suppress(ValueError):
        for chapter in container.chapters():
            base = chapter["time_base"] or Fraction(1, 1000)
            begin, end = (int(chapter["start"] * base * 1000), int(chapter["end"] * base * 1000))
            found.append(Chapter(max(0, begin), max(0, end), chapter["metadata"].get("title")))
    return tuple(found)
