"""Pieces of a picture stream: copied packet by packet, or decoded and encoded anew."""

from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from time import process_time

from av.codec.context import ThreadType
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from revenge.media.child.engine import Engine
from revenge.media.child.filters import Filters
from revenge.media.child.mux import Item, write
from revenge.media.child.source import (
    BY_HEADER,
    AnyPacket,
    base_of,
    only,
    opened,
    packets,
    passing_over,
    picture_of,
    running_on,
    stand_before,
    start_of,
    ticks,
)
from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK
from revenge.media.orders import H264, PictureOrder, Weighed

_BASE = Fraction(1, CLOCK)
_USUAL = "libx264"
_LONGEST = 60 * CLOCK
"""How much further the last piece may go than the film is said to."""
Timed = tuple[int, VideoFrame]
"""A picture and the moment it is shown, in ticks."""
_X264 = {
    "preset": "veryfast",
    "profile": "high",
    "crf": "23",
    "forced-idr": "1",
    "g": "100000",
    "x264-params": "open-gop=0:scenecut=0:bframes=3:b-pyramid=normal:repeat-headers=1:vbv-init=0.5",
}


def make(order: PictureOrder, table: bytes | None, *, fds: Sequence[int]) -> bytes:
    """The piece, or the initialisation segment; `table` is the colour table of `tones.bake` where tones are to be mapped."""
    with opened(fds[0], **(BY_HEADER if order.by_header else {})) as container:
        stream = picture_of(container, order.stream)
        only(container, stream)
        if order.encode is None:
            return _copied(container, stream, order, start_of(container, order.start_us))
        return _encoded(container, stream, order, order.encode, table)


def weighed(order: PictureOrder, table: bytes | None, *, fds: Sequence[int]) -> Weighed:
    """The piece, and what it cost."""
    before = process_time()
    return Weighed(make(order, table, fds=fds), process_time() - before)


def _copied(container: InputContainer, stream: VideoStream, order: PictureOrder, start: Fraction) -> bytes:
    def add(out: OutputContainer) -> VideoStream:
        copy = out.add_stream_from_template(stream, opaque=True)
        if stream.codec_context.codec.canonical_name == "hevc":
            copy.codec_context.codec_tag = "hvc1"  # Apple's players take no other name
        if order.rotation:
            copy.set_display_rotation(-order.rotation)
        return copy

    def produce(_: object) -> list[Item]:
        items = list(_group_packets(container, stream, order, start))
        if items:
            times = sorted(item.time for item in items)
            usual = times[-1] - times[-2] if len(times) > 1 else 0
            rest = order.edge - times[-1]
            items[-1].duration = rest if 0 < rest < CLOCK and not order.leading else max(usual, 1)
        return items

    return write(add, produce, base=_BASE, number=order.number)


def _group_packets(container: InputContainer, stream: VideoStream, order: PictureOrder, start: Fraction) -> Iterator[Item]:
    """Packets from the keyframe at `begin` to before the one at `end`, in decoding order."""
    stand_before(container, stream, order.begin, start, order.anchors)
    base, inside = base_of(stream), False
    for packet in running_on(packets(container, stream), order.sections, base, start):
        time = ticks(packet.pts or 0, base, start)
        if packet.is_keyframe:
            if inside and ((time >= order.end and not order.last) or time > order.end + _LONGEST):
                return
            inside = inside or time >= order.begin
        if inside:
            yield Item(time, packet, packet.is_keyframe)


def _encoded(container: InputContainer, stream: VideoStream, order: PictureOrder, wanted: H264, table: bytes | None) -> bytes:
    rate = _rate(stream)
    filters = Filters(wanted, _BASE, table)

    def add(out: OutputContainer) -> VideoStream:
        encoder = out.add_stream("libx264", rate=rate, options=_options(wanted))
        encoder.width, encoder.height, encoder.pix_fmt = wanted.width, wanted.height, "yuv420p"
        encoder.codec_context.time_base = _BASE
        for place in ("color_primaries", "color_trc", "colorspace"):
            setattr(encoder.codec_context, place, 1 if wanted.tone_map else getattr(stream.codec_context, place))
        return encoder

    def produce(encoder: VideoStream) -> list[Item]:
        stream.thread_count, stream.thread_type = wanted.threads, ThreadType.AUTO
        engine = encoder if wanted.engine == _USUAL else Engine(wanted, encoder.codec_context, rate)
        made: list[AnyPacket] = []
        end = order.end
        decoded = _still(container, stream, order) if order.still else _decoded(container, stream, order)
        for number, (time, until, frame) in enumerate(_pictures(decoded, order, filters)):
            frame.pts, frame.time_base, end = time, _BASE, until
            frame.pict_type = PictureType.NONE if number else PictureType.I  # else the source's types leak into the encoder
            made += engine.encode(frame)
        made += engine.encode(None)
        items = [Item(round((packet.pts or 0) * packet.time_base * CLOCK), packet, packet.is_keyframe) for packet in made]
        if items:
            items[-1].duration = end - max(item.time for item in items)
        return items

    return write(add, produce, base=_BASE, number=order.number)


def _options(wanted: H264) -> dict[str, str]:
    return {
        **_X264,
        "level": f"{wanted.level / 10:.1f}",
        "maxrate": str(wanted.max_rate),
        "bufsize": str(wanted.max_rate),
        "threads": str(wanted.threads),
    }


def _rate(stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return rate if 5 <= rate <= 120 else Fraction(25)


def _pictures(decoded: Iterator[Timed], order: PictureOrder, filters: Filters) -> Iterator[tuple[int, int, VideoFrame]]:
    """When each picture of the piece is first shown, when no longer, and the picture as it is to be encoded.

    A place without a picture (sound that outlasts it, a hole in a recording) shows the nearest one: no piece is ever empty, and a film whose first
    picture comes late begins with it all the same.
    """
    before = kept = following = None
    for time, frame in _filtered(_near(decoded, order.begin), filters):
        if time < order.begin:
            before = frame
        elif time >= order.end and not order.last:
            following = time, frame
            break
        else:
            if kept is not None:
                yield kept[0], time, kept[1]
            kept = time if kept or order.number else order.begin, frame
    until = following[0] if following is not None and following[0] - order.end < CLOCK else order.end
    if kept is None:
        still = before or (following and following[1])
        if still is None:
            raise MediaError("No picture can be decoded at this place of the film.")
        kept = order.begin, still
    yield kept[0], max(until, kept[0] + 1), kept[1]


def _filtered(frames: Iterator[Timed], filters: Filters) -> Iterator[Timed]:
    """Frames after all filters."""
    for timed in chain(frames, [None]):
        if timed is not None:
            timed[1].pts, timed[1].time_base = timed[0], _BASE
        for out in filters.apply(timed and timed[1]):
            if out.pts is not None and out.time_base is not None:
                yield round(out.pts * out.time_base / _BASE), out


def _near(frames: Iterator[Timed], begin: int) -> Iterator[Timed]:
    """All frames from `begin` on, and the two before, which deinterlacing looks at; filtering the others would be for nothing."""
    before: deque[Timed] = deque(maxlen=2)
    for timed in frames:
        if timed[0] < begin:
            before.append(timed)
            continue
        while before:
            yield before.popleft()
        yield timed
    yield from before


def _still(container: InputContainer, stream: VideoStream, order: PictureOrder) -> Iterator[Timed]:
    """The picture of the last keyframe at or before the piece's beginning, or of the first one after it; nothing else is decoded."""
    start, base, found = start_of(container, order.start_us), base_of(stream), None
    stand_before(container, stream, order.begin, start, order.anchors)
    for packet in running_on(packets(container, stream), order.sections, base, start):
        if packet.is_keyframe:
            if found is not None and ticks(packet.pts or 0, base, start) > order.begin:
                break
            found = packet
    if found is not None:
        for frame in [*stream.decode(found), *stream.decode(None)][:1]:
            yield order.begin, frame


def _decoded(container: InputContainer, stream: VideoStream, order: PictureOrder) -> Iterator[Timed]:
    """Decoded frames with rising times, up to one behind the piece; what cannot be decoded is passed over."""
    start = start_of(container, order.start_us)
    stand_before(container, stream, order.begin, start, order.anchors)
    base, last = base_of(stream), -(1 << 62)
    limit = order.end + (_LONGEST if order.last else 0)
    for packet in chain(running_on(packets(container, stream), order.sections, base, start), [None]):
        frames: list[VideoFrame] = []
        with passing_over():
            frames = stream.decode(packet)
        for frame in frames:
            time = last if frame.pts is None else ticks(frame.pts, base, start)
            if time > last:
                last = time
                yield time, frame
            if time >= limit:
                return
