"""Pieces of a sound stream on one fixed grid of frames, so that pieces made anywhere join without a click.

Frame k holds the samples from k times its size on, plus a constant phase; it belongs to the piece in which its first sample lies. Frames
that the file does not have are silence: a sound track always reaches from the film's start to its end.
"""

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from revenge.media.child.mux import Item, write
from revenge.media.child.sound import Track, blocks, silence
from revenge.media.child.source import BY_HEADER, AnyPacket, opened
from revenge.media.child.units import without_adts
from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK
from revenge.media.orders import Aac, SoundOrder

FRAME = 1024
"""Samples of an AAC frame."""
SIZES = {"aac": FRAME, "ac3": 1536, "eac3": 1536, "mp3": 1152}
"""Samples per frame of the codecs that can be sent as they are."""
_PREROLL = 3
"""AAC frames encoded and thrown away: with fewer than two there is a click at every seam."""
_DELAY = 1
"""Frames the AAC encoder holds back."""
_LONGEST_S = 30
"""How much further the last piece may go than the film is said to."""
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_CONSTANT_QUALITY = {"aac_coder": "fast", "flags": "+qscale", "global_quality": "236"}
"""Rate control would start anew, and badly, in every piece."""


def make(order: SoundOrder, *, fds: Sequence[int]) -> bytes:
    """The piece, or the initialisation segment."""
    with opened(fds[0], **BY_HEADER) as container:
        track = Track(container, order.stream, order.start_us, order.sections, order.anchors)
        return _copied(track, order) if order.encode is None else _encoded(track, order, order.encode)


def _span(order: SoundOrder, rate: int, size: int, phase: int) -> tuple[int, int]:
    """The numbers of the piece's first frame and of the first one after it: bounds are rounded up to the grid.

    The very first piece begins with the frame that is sounding at the film's start, if there is one.
    """
    begin, end = (-int((phase - Fraction(moment * rate, CLOCK)) // size) for moment in (order.begin, order.end))
    return begin if order.begin else -int(phase > 0), max(end, begin + 1)


def _copied(track: Track, order: SoundOrder) -> bytes:
    size = SIZES.get(track.codec)
    if size is None:
        raise MediaError(f"{track.codec} cannot be sent as it is.")

    def add(out: OutputContainer) -> AudioStream:
        copy = out.add_stream_from_template(track.stream, opaque=True)
        if track.codec == "aac" and not copy.codec_context.extradata:
            copy.codec_context.extradata = _configuration(track.stream)
        return copy

    def produce(_: object) -> list[Item]:
        phase = track.first % size
        begin, end = _span(order, track.rate, size, phase)
        found = dict(_frames(track, size, phase, begin, end + (_LONGEST_S * track.rate // size if order.last else 0)))
        end = max(end, *(number + 1 for number in found)) if found else end
        quiet = None if len(found) == end - begin else _silent_frame(track, size)
        frames = ((number, found.get(number, quiet)) for number in range(begin, end))
        return [Item(number * size + phase, Packet(data), duration=size) for number, data in frames if data]

    return write(add, produce, base=Fraction(1, track.rate), number=order.number, late=track.codec in ("ac3", "eac3"))


def _frames(track: Track, size: int, phase: int, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Frames of the file by their number on the grid."""
    for packet in track.packets_from(Fraction(begin * size, track.rate)):
        number = round((track.exact(packet.pts or 0) - phase) / size)
        if number >= end:
            return
        if number >= begin:
            yield number, without_adts(bytes(packet))


def _configuration(stream: AudioStream) -> bytes:
    """AudioSpecificConfig of AAC-LC, which transport streams do not carry."""
    if stream.sample_rate not in _RATES:
        raise MediaError(f"AAC of {stream.sample_rate} Hz cannot be sent as it is.")
    return struct.pack(">H", 2 << 11 | _RATES.index(stream.sample_rate) << 7 | min(stream.channels, 7) << 3)


def _silent_frame(track: Track, size: int) -> bytes | None:
    """One frame of silence as this track would write it; None where nobody can."""
    try:
        encoder = av.CodecContext.create(track.codec, "w")
        if not isinstance(encoder, AudioCodecContext):
            return None
        said = track.stream.layout.name
        layout = _LAYOUTS.get(track.stream.channels, said) if said.endswith("channels") else said  # nothing was decoded yet
        encoder.sample_rate, encoder.layout, encoder.format = track.rate, layout, "fltp"
        made: list[AnyPacket] = []
        for number in range(4):
            for frame in silence("fltp", layout, track.rate, size):
                frame.pts = number * size
                made += encoder.encode(frame)
        made += encoder.encode(None)
    except (av.FFmpegError, ValueError):
        return None
    return bytes(made[-2]) if len(made) > 1 else None


def _encoded(track: Track, order: SoundOrder, wanted: Aac) -> bytes:
    layout = _LAYOUTS[wanted.channels]

    def add(out: OutputContainer) -> AudioStream:
        return out.add_stream("aac", rate=wanted.rate, layout=layout, format="fltp", options=dict(_CONSTANT_QUALITY))

    def produce(encoder: AudioStream) -> list[Item]:
        begin, end = _span(order, wanted.rate, FRAME, 0)
        count = end - begin
        most = count + (_LONGEST_S * wanted.rate // FRAME if order.last else 0)
        # one beyond the end, since the transform overlaps
        frames = list(islice(blocks(track, (begin - _PREROLL) * FRAME, FRAME, wanted.rate, layout, wanted.gain), _PREROLL + most + 1))
        count = max(count, min(most, len(frames) - _PREROLL))
        while len(frames) < _PREROLL + count + 1:
            frames += silence("fltp", layout, wanted.rate, FRAME)
        made: list[AnyPacket] = []
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base, frame.sample_rate = number * FRAME, Fraction(1, wanted.rate), wanted.rate
            made += encoder.encode(frame)
        made += encoder.encode(None)
        kept = made[_PREROLL + _DELAY :][:count]
        return [Item((begin + number) * FRAME, packet, duration=FRAME) for number, packet in enumerate(kept)]

    return write(add, produce, base=Fraction(1, wanted.rate), number=order.number)
