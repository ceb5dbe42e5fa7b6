"""Finding a film's keyframes."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import dropwhile, islice

import av
import msgspec
from av.container import InputContainer
from av.video.stream import VideoStream

from revenge.core.facts import MediaFacts
from revenge.media.child.clock import frame_ticks
from revenge.media.child.reading import Gathered, gather, unpacked
from revenge.media.child.samples import offsets
from revenge.media.child.source import AnyPacket, base_of, only, opened, packets, picture_of, start_of, ticks
from revenge.media.child.units import is_clean_entry
from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK, KeyframeIndex, busiest
from revenge.media.probed import Read

_ENTERED = ("mp4", "mpegts")
"""Containers in whose middle one can go on reading."""
_CODECS = {"h264", "hevc", "av1", "vp9"}
"""Only what may be sent as it is needs its keyframes known; the rest is transcoded on a fixed grid."""
_LONGEST_GROUP_MS = 20_000
"""Films longer than this have more than one keyframe."""
_LED, _GROUP_BEGINS = 8, 40
"""Keyframes of open groups, and packets after each, that are looked at for what is shown before the keyframe."""
_LOOKED_AT = 24
"""Keyframes whose kind is looked at where looking means reading: enough to see that a film has open groups."""


def cheap(container: InputContainer, facts: MediaFacts, fd: int) -> bytes | None:
    """The packed index where the container tells it quickly: MP4 and Matroska with cues. None otherwise."""
    if facts.video is None or facts.video.codec not in _CODECS:
        return None
    stream = picture_of(container, facts.video.index)
    try:
        if facts.container == "mp4":
            return _from_samples(container, stream, facts, fd).pack()
        if facts.container in ("matroska", "webm"):
            return _from_cues(container, stream, facts).pack()
    except (MediaError, av.FFmpegError, OSError):
        return None
    return None


def thorough(facts: MediaFacts, *, fds: Sequence[int]) -> bytes | None:
    """The packed index by reading the whole file: transport streams, and Matroska without cues. None where nothing can be copied."""
    return onwards(facts, None, math.inf, fds=fds).packed


def onwards(facts: MediaFacts, so_far: bytes | None, seconds: float, *, fds: Sequence[int]) -> Read:
    """Read on where an earlier call left off (`so_far`), for so many seconds. Matroska without cues cannot be entered: it is read in one go."""
    recorded = facts.container == "mpegts"  # all of them, since time is no way into them
    if facts.video is None or not (recorded or (facts.video.codec in _CODECS and facts.container in (*_ENTERED, "matroska", "webm"))):
        return Read(None, None, 0)
    with opened(fds[0]) as container:
        stream = picture_of(container, facts.video.index)
        patience = seconds if facts.container in _ENTERED else math.inf
        found, ended = gather(container, stream, facts.container, unpacked(so_far), patience)
        if not ended:
            return Read(None, msgspec.msgpack.encode(found), found.position)
        return Read(_from_reading(container, stream, found, recorded=recorded).pack(), None, facts.size)


def _from_samples(container: InputContainer, stream: VideoStream, facts: MediaFacts, fd: int) -> KeyframeIndex:
    """MP4: decoding times from the demuxer, what lies between them and presentation from the file's own table."""
    entries = stream.index_entries
    keys = [(number, entry.timestamp) for number, entry in enumerate(entries) if entry.is_keyframe]
    shifts = offsets(fd, stream.id, (number for number, _ in keys))
    if not keys or shifts is None:
        raise MediaError("Its tables do not tell.")
    only(container, stream)
    decode_times = [stamp for _, stamp in keys]
    looked = list(_looked_at(container, stream, decode_times))
    by_time = {packet.dts: packet.pts for packet in looked}
    constant = next(
        (pts - dts - shift for dts, shift in zip(decode_times, shifts, strict=True) if (pts := by_time.get(dts)) is not None), 0
    )
    stamps = [dts + shift + constant for dts, shift in zip(decode_times, shifts, strict=True)]
    if not {packet.pts for packet in looked} <= set(stamps):
        raise MediaError("Its tables and its packets disagree.")
    return _index(container, stream, facts, list(zip(stamps, (entries[number].pos for number, _ in keys), strict=True)), looked)


def _from_cues(container: InputContainer, stream: VideoStream, facts: MediaFacts) -> KeyframeIndex:
    """Matroska: any seek makes the demuxer load the cues."""
    only(container, stream)
    container.seek(int(facts.duration_ms * 0.9 / 1000 / base_of(stream)), stream=stream)
    places = {entry.timestamp: entry.pos for entry in stream.index_entries if entry.is_keyframe}
    stamps = sorted(places)
    if len(stamps) < 2 and facts.duration_ms > _LONGEST_GROUP_MS:
        raise MediaError("It has no cues.")
    return _index(container, stream, facts, list(places.items()), list(_looked_at(container, stream, stamps)))


def _looked_at(container: InputContainer, stream: VideoStream, stamps: Sequence[int]) -> Iterator[AnyPacket]:
    """Some keyframes, evenly spread."""
    for stamp in stamps[:: max(1, len(stamps) // _LOOKED_AT)]:
        container.seek(stamp, stream=stream)
        yield from islice((packet for packet in packets(container, stream) if packet.is_keyframe), 1)


def _index(
    container: InputContainer, stream: VideoStream, facts: MediaFacts, stamps: Sequence[tuple[int, int]], looked: Sequence[AnyPacket]
) -> KeyframeIndex:
    """An index from keyframe times and places alone: the delay is the decoder's reordering depth and one frame more, in usual frames."""
    start, base, step = start_of(container, None), base_of(stream), frame_ticks(stream)
    places = {ticks(stamp, base, start): position for stamp, position in stamps}
    keys = sorted(places)
    codec = stream.codec_context.codec.canonical_name
    soft = [packet for packet in looked if not is_clean_entry(packet, codec)]
    end = max(_end(stream, start) or facts.duration_ms * CLOCK // 1000, keys[-1] + step if keys else 0)
    lead = max((_lead(container, stream, packet) for packet in soft[:_LED]), default=0)
    delay = max((max(stream.codec_context.reorder_depth, 2) + 1) * step, lead + 2 * step if lead else 0)
    peak = busiest([(key, places[key]) for key in keys])
    index = KeyframeIndex(container.start_time or 0, end, delay, len(soft), tuple(keys), peak=peak)
    if not index.plausible():
        raise MediaError("Its keyframes make no sense.")
    return index


def _lead(container: InputContainer, stream: VideoStream, key: AnyPacket) -> int:
    """Ticks by which the first picture of a keyframe's group is shown before the keyframe."""
    container.seek(key.pts or 0, stream=stream)
    group = dropwhile(lambda packet: packet.pts != key.pts, islice(packets(container, stream), _GROUP_BEGINS))
    first = min((packet.pts or 0 for packet in islice(group, _GROUP_BEGINS)), default=key.pts or 0)
    return max(0, round(((key.pts or 0) - first) * base_of(stream) * CLOCK))


def _end(stream: VideoStream, start: Fraction) -> int | None:
    """The end of the picture, where the container says it."""
    hours, minutes, seconds = ([*stream.metadata.get("DURATION", "").split(":"), "", "", ""])[:3]
    with suppress(ValueError):  # Matroska: what the muxer wrote beside the stream, from the clock's zero
        return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds) - float(start)) * CLOCK)
    if stream.duration and stream.time_base:
        return ticks((stream.start_time or 0) + stream.duration, stream.time_base, start)
    return None


def _from_reading(container: InputContainer, stream: VideoStream, found: Gathered, *, recorded: bool) -> KeyframeIndex:
    """Any container, when every packet of its picture has been read."""
    keys, ordered = found.keys, sorted(found.keys)
    index = KeyframeIndex(
        container.start_time or 0,
        max(found.end, ordered[-1] + 1 if ordered else 0),
        found.delay + frame_ticks(stream),
        found.soft,
        tuple(ordered),
        tuple(keys[key][0] for key in ordered),
        tuple(keys[key][1] for key in ordered) if recorded else (),
        busiest([(key, keys[key][1]) for key in ordered]),
        tuple(found.sections) if len(found.sections) > 1 else (),
    )
    if not index.plausible():
        raise MediaError("It has no keyframes.")
    return index
