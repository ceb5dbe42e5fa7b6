"""Finding keyframes by reading every packet of the picture, in one go or in several, each beginning where the last one ended."""

import time
from collections.abc import Iterator
from itertools import chain, islice

import av
import msgspec
from av.container import InputContainer
from av.video.stream import VideoStream

from revenge.media.child.clock import Clock, Standing, frame_ticks
from revenge.media.child.source import AnyPacket, base_of, only, packets, rewind, start_of, ticks
from revenge.media.child.units import is_clean_entry
from revenge.media.keyframes import CLOCK
from revenge.media.orders import Section

_LOOKED_THROUGH = 400
"""Packets after a seek among which the keyframe that was left off at must be."""


class Gathered(msgspec.Struct, array_like=True):
    """What the packets up to some keyframe told."""

    keys: dict[int, tuple[int, int]] = {}
    """By time in ticks: how much earlier the first picture of its group is shown, and its place in the file."""
    end: int = 0
    delay: int = 0
    soft: int = 0
    stamp: int = 0
    """The keyframe to go on at, in the stream's own time."""
    position: int = 0
    """And in bytes."""
    clock: Standing = Standing()
    """Of a recording, whose clock may jump."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """Parts between which its clock jumps."""
        return self.clock.sections


def gather(container: InputContainer, stream: VideoStream, container_name: str, so_far: Gathered, seconds: float) -> tuple[Gathered, bool]:
    """Read on from where `so_far` ended, for so many seconds; returns what is known now, and whether that is all."""
    only(container, stream)
    read = _resumed(container, stream, container_name, so_far) if so_far.keys else None
    if read is None:
        so_far = Gathered()
        rewind(container, stream)
        read = packets(container, stream)
    start, base, codec = start_of(container, None), base_of(stream), stream.codec_context.codec.canonical_name
    until = time.monotonic() + seconds
    clock = Clock(base, start, frame_ticks(stream), so_far.clock)
    for number, (key, group) in enumerate(_groups(clock.running_on(read) if container_name == "mpegts" else read)):
        if number and time.monotonic() > until:  # each time it comes further, however slow the disk is
            so_far.stamp, so_far.position = key.pts or 0, key.pos or 0
            if container_name == "mpegts":
                so_far.clock = clock.standing(key)
                so_far.stamp = so_far.clock.stamp
            return so_far, False
        times = [ticks(packet.pts or 0, base, start) for packet in group]
        so_far.end = max(so_far.end, *(t + round((packet.duration or 0) * base * CLOCK) for t, packet in zip(times, group, strict=True)))
        so_far.delay = max(so_far.delay, *(ordered - own for ordered, own in zip(sorted(times), times, strict=True)))
        so_far.soft += not is_clean_entry(key, codec)
        so_far.keys.setdefault(times[0], (min(times) - times[0], key.pos or 0))
    so_far.clock = Standing(clock.sections)
    return so_far, True


def _resumed(container: InputContainer, stream: VideoStream, container_name: str, so_far: Gathered) -> Iterator[AnyPacket] | None:
    """Packets from the keyframe on at which reading was left off; None when it is not found again, and reading has to begin anew."""
    try:
        if container_name == "mpegts":  # by place: the clocks of recordings may jump, and no index lies in them
            container.seek(so_far.position, unsupported_byte_offset=True)
        else:
            container.seek(so_far.stamp, stream=stream)
    except (av.FFmpegError, OSError):
        return None
    read = packets(container, stream)
    for packet in islice(read, _LOOKED_THROUGH):
        if packet.is_keyframe and packet.pts == so_far.stamp:
            return chain([packet], read)
    return None


def _groups(read: Iterator[AnyPacket]) -> Iterator[tuple[AnyPacket, list[AnyPacket]]]:
    """Keyframes, each with all packets up to the next one."""
    group: list[AnyPacket] = []
    for packet in read:
        if packet.is_keyframe and group:
            yield group[0], group
            group = []
        if packet.is_keyframe or group:
            group.append(packet)
    if group:
        yield group[0], group


def unpacked(so_far: bytes | None) -> Gathered:
    """What an earlier reading left; nothing where another version wrote it."""
    if so_far is None:
        return Gathered()
    try:
        return msgspec.msgpack.decode(so_far, type=Gathered)
    except msgspec.MsgspecError:
        return Gathered()
