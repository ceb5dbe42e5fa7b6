"""What a media child does once before it locks itself: afterwards a late import fails, and would look like a broken file."""

import io
import pkgutil
from fractions import Fraction
from importlib import import_module

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.filter.graph import Graph
from av.video.frame import VideoFrame

from revenge.media.child.encodings import encoding_of

_NOT_NEEDED = {"av.__main__", "av.datasets"}


def up() -> None:
    """Load every part of PyAV (some only load when a stream of their kind is met), then encode, open, decode and filter something."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name not in _NOT_NEEDED:
            import_module(module.name)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as out:
        _encode(out)
    buffer.seek(0)
    with av.open(buffer, "r") as container:
        for frame in container.decode():
            _work(frame)
    for encoding in ("latin-1", "idna"):
        "".encode(encoding)
    encoding_of("Süße Äpfel über dem Fluß".encode("cp1252"))


def _encode(out: OutputContainer) -> None:
    picture = out.add_stream("mpeg4", rate=25, width=32, height=32)
    sound = out.add_stream("aac", rate=48000, layout="stereo")
    frame = VideoFrame(32, 32, "yuv420p")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    tone = AudioFrame("fltp", "stereo", 1024)
    for plane in tone.planes:
        plane.update(bytes(plane.buffer_size))
    tone.sample_rate, tone.pts, tone.time_base = 48000, 0, Fraction(1, 48000)
    out.mux([*picture.encode(frame), *picture.encode(None)])
    out.mux([*sound.encode(tone), *sound.encode(None)])


def _work(frame: object) -> None:
    if isinstance(frame, VideoFrame):
        graph = Graph()
        source = graph.add_buffer(width=32, height=32, format=frame.format, time_base=Fraction(1, 25))
        graph.link_nodes(source, graph.add("scale", "16:16"), graph.add("buffersink")).configure()
        graph.vpush(frame)
        graph.vpull()
    elif isinstance(frame, AudioFrame):
        fifo = AudioFifo()
        for part in AudioResampler("fltp", "mono", 44100).resample(frame):
            part.pts = None
            fifo.write(part)
