"""Encoders other than libx264, those of graphics cards above all: their pictures go out under the header that libx264 wrote.

So each piece brings its own parameter sets, and a player that changes from a piece of one encoder to that of another notices nothing.
"""

import io
import time
from collections.abc import Iterator
from fractions import Fraction

import av
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from msgspec.structs import replace

from revenge.media.child.source import AnyPacket
from revenge.media.child.units import units
from revenge.media.errors import MediaError
from revenge.media.keyframes import CLOCK
from revenge.media.orders import H264

_BASE = Fraction(1, CLOCK)
_CONSTANT = {"g": "100000", "bf": "0"}
_OPTIONS: dict[str, dict[str, str]] = {
    "h264_nvenc": {"preset": "p4", "rc": "vbr", "cq": "24", "forced-idr": "1", "no-scenecut": "1"},
    "h264_qsv": {"preset": "veryfast", "global_quality": "24", "forced_idr": "1", "async_depth": "1"},
    "h264_amf": {"usage": "lowlatency", "quality": "speed", "rc": "vbr_latency", "header_insertion_mode": "idr"},
    "h264_v4l2m2m": {},
    "h264_vaapi": {"rc_mode": "VBR"},
}
"""What an encoder needs to be told to make a first picture that can be entered at, and good ones after it."""
_FORMATS = {"h264_nvenc": "yuv420p", "h264_qsv": "nv12", "h264_amf": "nv12", "h264_v4l2m2m": "nv12", "h264_vaapi": "nv12"}
_START = b"\0\0\0\1"
_PARAMETERS = (7, 8)
"""Kinds of NAL units: sequence and picture parameter sets."""
_TRIAL = H264(640, 360, 30, 1_500_000)
_PICTURES = 30
_ALIKE = 12
"""How far pixels may be from what they were, on average, for an encoder that works."""


class Engine:
    """An encoder with its own stream of packets, to be written under a foreign header."""

    def __init__(self, wanted: H264, like: VideoCodecContext | None, rate: Fraction) -> None:
        """`like`: the encoder whose header it goes out under, for its colours."""
        name = wanted.engine
        try:
            encoder = CodecContext.create(name, "w")
        except (av.FFmpegError, ValueError) as error:
            raise MediaError(f"This FFmpeg has no encoder {name}.") from error
        if not isinstance(encoder, VideoCodecContext):
            raise MediaError(f"{name} encodes no pictures.")
        encoder.width, encoder.height, encoder.pix_fmt = wanted.width, wanted.height, _FORMATS.get(name, "yuv420p")
        encoder.time_base, encoder.framerate, encoder.bit_rate = _BASE, rate, wanted.max_rate * 3 // 4
        encoder.options = {**_CONSTANT, "maxrate": str(wanted.max_rate), "bufsize": str(wanted.max_rate), **_OPTIONS.get(name, {})}
        for place in ("color_primaries", "color_trc", "colorspace") if like is not None else ():
            setattr(encoder, place, getattr(like, place))
        self._encoder = encoder
        self._begun = False

    def encode(self, frame: VideoFrame | None) -> Iterator[AnyPacket]:
        """Packets with start codes, as libx264 would hand them to the muxer; parameter sets in the first."""
        own = None if frame is None else frame.reformat(format=self._encoder.pix_fmt)
        if own is not None and frame is not None:
            own.pts, own.time_base, own.pict_type = frame.pts, frame.time_base, frame.pict_type
        for packet in self._encoder.encode(own):
            found = [unit.rstrip(b"\0") for unit in units(bytes(packet))]
            if not self._begun:
                found = self._complete(found)
            made = Packet(b"".join(_START + unit for unit in found))
            made.pts, made.time_base, made.is_keyframe = packet.pts, packet.time_base, packet.is_keyframe
            self._begun = True
            yield made

    def _complete(self, found: list[bytes]) -> list[bytes]:
        """The first picture with its parameter sets, which some encoders only keep beside."""
        if any(unit[0] & 31 == _PARAMETERS[0] for unit in found):
            return found
        return [*(unit for unit in units(self._encoder.extradata or b"") if unit[0] & 31 in _PARAMETERS), *found]


def attempt(name: str) -> float:
    """Encode a second of film, decode it again and look at it; the seconds that took. MediaError when the encoder does not work here."""
    began = time.monotonic()
    engine = Engine(replace(_TRIAL, engine=name), None, Fraction(_PICTURES))
    try:
        packets = [packet for number in range(_PICTURES) for packet in engine.encode(_picture(number))]
        packets += engine.encode(None)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaError(f"{name} cannot encode here ({getattr(error, 'strerror', None) or error}).") from error
    _look(name, packets)
    return time.monotonic() - began


def _look(name: str, packets: list[AnyPacket]) -> None:
    """Whether what was encoded begins with a clean entry and shows what it should, every picture once."""
    kinds = {unit[0] & 31 for unit in units(bytes(packets[0]))} if packets else set()
    if not {*_PARAMETERS, 5} <= kinds:
        raise MediaError(f"{name} does not begin with a picture that can be entered at.")
    with av.open(io.BytesIO(b"".join(map(bytes, packets))), "r", format="h264") as container:
        shown = [frame.reformat(format="gray") for frame in container.decode(video=0)]
    if len(shown) != _PICTURES:
        raise MediaError(f"{name} made {len(shown)} pictures of {_PICTURES}.")
    for number in (0, _PICTURES // 2, _PICTURES - 1):
        wanted, got = bytes(_picture(number).planes[0])[: _TRIAL.width], bytes(shown[number].planes[0])[: _TRIAL.width]
        if sum(abs(one - other) for one, other in zip(wanted, got, strict=True)) > _ALIKE * len(wanted):
            raise MediaError(f"{name} shows something else than it was given.")


def _picture(number: int) -> VideoFrame:
    """A ramp that wanders."""
    frame = VideoFrame(_TRIAL.width, _TRIAL.height, "yuv420p")
    for plane in frame.planes:
        line = bytes(16 + abs((column + number * 8) % 400 - 200) for column in range(plane.line_size))
        plane.update(line * plane.height)
    frame.pts, frame.time_base = number * CLOCK // _PICTURES, _BASE
    frame.pict_type = PictureType.NONE if number else PictureType.I
    return frame
