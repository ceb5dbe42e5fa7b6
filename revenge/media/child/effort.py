"""What encoding costs on this machine: one second of film, as a viewer would get it."""

import io
import time
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame

_RATE, _WIDTH, _HEIGHT = 25, 1280, 720
_SAMPLES, _SOUND_RATE = 1024, 48000


def encode_second() -> float:
    """Encode 25 pictures of 1280x720 to H.264 and a second of stereo to AAC, in memory; return the seconds it took."""
    began = time.monotonic()
    with av.open(io.BytesIO(), "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"}) as out:
        _encode(out)
    return time.monotonic() - began


def _encode(out: OutputContainer) -> None:
    picture = out.add_stream("libx264", rate=_RATE, width=_WIDTH, height=_HEIGHT, pix_fmt="yuv420p", options={"preset": "veryfast"})
    sound = out.add_stream("aac", rate=_SOUND_RATE, layout="stereo")
    for number in range(_RATE):
        out.mux(picture.encode(_picture(number)))
    for number in range(_SOUND_RATE // _SAMPLES):
        out.mux(sound.encode(_silence(number)))
    out.mux([*picture.encode(None), *sound.encode(None)])


def _picture(number: int) -> VideoFrame:
    """A moving pattern: an even one would be encoded for nothing."""
    frame = VideoFrame(_WIDTH, _HEIGHT, "yuv420p")
    for plane in frame.planes:
        line = bytes((column * 7 + number * 5) % 256 for column in range(plane.line_size))
        plane.update(b"".join(line[row % 64 :] + line[: row % 64] for row in range(plane.height)))
    frame.pts, frame.time_base = number, Fraction(1, _RATE)
    return frame


def _silence(number: int) -> AudioFrame:
    frame = AudioFrame("fltp", "stereo", _SAMPLES)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, number * _SAMPLES, Fraction(1, _SOUND_RATE)
    return frame
