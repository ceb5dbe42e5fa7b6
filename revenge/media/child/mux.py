"""Writing fragments of MP4 by FFmpeg's own muxer: one `moof` and `mdat` per piece, and the `ftyp` and `moov` that all pieces share.

The options make the fragment's time (`tfdt`) the decoding time of its first packet. `cmaf` would do so too, but then FFmpeg-based players show
the picture two frames late. Decoding times are made so that a piece's first one is where the playlist says the piece begins: FFmpeg looks for a
keyframe decoded at or after that moment, and would take the next piece's otherwise.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, groupby
from typing import TypeVar

import av
from av.container import OutputContainer
from av.stream import Stream
from msgspec import Struct

from revenge.media.child.source import AnyPacket
from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK
from revenge.media.orders import INIT

S = TypeVar("S", bound=Stream)

HEAD_START_S = 2
"""Seconds added to every stamp of every rendition, so that decoding times stay positive."""
_OPTIONS = {
    "movflags": "frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
    "video_track_timescale": str(CLOCK),
}
_TRIFLE = 9
"""A tenth of a millisecond, in ticks."""
_INIT_BOXES, _PIECE_BOXES = (b"ftyp", b"moov"), (b"moof", b"mdat")


class Item(Struct):
    """One packet to be written; times in units of the piece's clock, from the film's start."""

    time: int
    data: AnyPacket
    key: bool = True
    duration: int | None = None
    """How long the piece goes on after the last packet's beginning is shown; only the last item's counts."""


def write(
    add: Callable[[OutputContainer], S],
    produce: Callable[[S], Sequence[Item]],
    *,
    base: Fraction,
    number: int,
    late: bool = False,
) -> bytes:
    """The piece of that number, or the initialisation segment.

    `add` puts the stream into the container, `produce` returns its packets in decoding order. MediaError when there are none.
    `late`: the codec's description is only known from packets (AC-3), so the initialisation segment needs some, too.
    """
    buffer = io.BytesIO()
    options = {**_OPTIONS, "fragment_index": str(max(number, 0) + 1)}
    if late:
        options["movflags"] += "+delay_moov"
    out = av.open(buffer, "w", format="mp4", options=options)
    try:
        stream = add(out)
        out.start_encoding()
        if number != INIT or late:
            items = produce(stream)
            if not items:
                raise MediaError("There is nothing at this place of the film.")
            _mux(out, stream, items, base)
    finally:
        out.close()
    return b"".join(_boxes(buffer.getvalue(), _INIT_BOXES if number == INIT else _PIECE_BOXES))


def _mux(out: OutputContainer, stream: Stream, items: Sequence[Item], base: Fraction) -> None:
    shift = int(HEAD_START_S / base)
    times = [item.time for item in items]
    decode = [*decoding_times(times), max(times) + (items[-1].duration or 1)]
    if base == Fraction(1, CLOCK):
        decode[0] = rounded(decode[0])
    lost = 0
    for number, item in enumerate(items):
        packet = item.data
        packet.stream, packet.time_base, packet.is_keyframe = stream, base, item.key
        packet.pts, packet.dts = item.time + shift, decode[number] + shift
        packet.duration = max(1, decode[number + 1] - decode[number])
        try:
            out.mux_one(packet)
        except (av.InvalidDataError, av.PatchWelcomeError):  # a damaged packet: better a short flaw than no segment
            lost += 1
    if lost == len(items):
        raise MediaError("Everything at this place of the film is damaged.")


def decoding_times(times: Sequence[int]) -> list[int]:
    """Decoding times from presentation times alone (in decoding order), the demuxer's being missing or wrong.

    No packet is decoded after it, or anything that follows it, is shown; within that as late as can be, and evenly. So a piece's first packet is
    decoded when its first picture is shown, or a trifle earlier where its group is open.
    """
    latest = list(accumulate(reversed(times), min))[::-1]
    decode: list[int] = []
    for moment, together in groupby(latest):
        count = len(list(together))
        before = decode[-1] if decode else moment - count * _TRIFLE
        decode += [before + (moment - before) * place // count for place in range(1, count + 1)]
    for number in reversed(range(len(decode) - 1)):  # stamps that are there twice
        decode[number] = min(decode[number], decode[number + 1] - 1)
    return decode


def rounded(moment: int) -> int:
    """The moment or a little earlier, in ticks that are whole microseconds: FFmpeg rounds the same stamp up in one place and down in another."""
    return moment - moment % _TRIFLE


def _boxes(data: bytes, kinds: tuple[bytes, ...]) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if data[at + 4 : at + 8] in kinds:
            yield data[at : at + length]
        at += max(length, 8)
