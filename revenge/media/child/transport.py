"""Transport streams: picture and sound of a piece in one, made of the pieces of MP4 that everybody else gets."""

import io
from collections.abc import Sequence
from contextlib import ExitStack

import av
from av.container import InputContainer, OutputContainer

from revenge.media.child.mux import rounded
from revenge.media.child.source import AnyPacket, base_of, packets
from revenge.media.errors import MediaError
from revenge.media.orders import MuxOrder

_OPTIONS = {
    "mpegts_flags": "initial_discontinuity",  # each piece counts its packets from nought
    "mpegts_copyts": "1",
    "max_delay": "0",
}


def join(order: MuxOrder) -> bytes:
    """The piece as a transport stream with the same time stamps; MediaError when it cannot hold these codecs."""
    buffer = io.BytesIO()
    with ExitStack() as held:
        parts = [
            held.enter_context(av.open(io.BytesIO(part), "r", format="mp4")) for part in (order.picture, order.sound) if part is not None
        ]
        try:
            with av.open(buffer, "w", format="mpegts", options=_OPTIONS) as out:
                for packet in _in_order(parts, out, order.delay):
                    out.mux_one(packet)
        except (av.FFmpegError, ValueError) as error:
            raise MediaError(f"It cannot be put into a transport stream ({error}).") from error
    return buffer.getvalue()


def _in_order(parts: list[InputContainer], out: OutputContainer, delay: int) -> list[AnyPacket]:
    """All packets by decoding time, each on its new stream; the picture's first comes first, and is what players count time by."""
    found: list[AnyPacket] = []
    for number, part in enumerate(parts):
        stream = part.streams[0]
        copy, own = out.add_stream_from_template(stream, opaque=True), list(packets(part, stream))
        if number == 0:
            for packet, moment in zip(own, _decoded([packet.pts or 0 for packet in own], delay), strict=True):
                packet.dts = moment
        for packet in own:
            packet.stream = copy
        found += own
    base = base_of(parts[0].streams[0])
    return sorted(found, key=lambda packet: (packet.dts or 0) * (packet.time_base or base))


def _decoded(times: Sequence[int], delay: int) -> list[int]:
    """Decoding times a constant before presentation: of transport streams FFmpeg takes no other for true.

    With a variable frame rate a gap may need more than the constant: then earlier still, since no picture is decoded after it is shown.
    """
    decode = [time - delay for time in sorted(times)]
    for number in reversed(range(len(times))):
        decode[number] = min(decode[number], times[number], *(later - 1 for later in decode[number + 1 : number + 2]))
    return [rounded(decode[0]), *decode[1:]]
