"""From high dynamic range to a common screen, by a colour table baked once.

FFmpeg's scaler maps the tones well, but takes seconds to prepare for every new chain of filters, and a segment made alone is a new chain.
So one picture that holds every colour goes through it, and what comes out is the table for all others.
"""

from array import array
from fractions import Fraction

from av.filter.graph import Graph
from av.video.frame import VideoFrame

from revenge.media.errors import MediaError

SIDE, CUBE = 512, 64
"""A Hald picture of level 8: 512 by 512 pixels that hold a cube of 64 steps a side."""
FORM = "gbrp10le"
_BT2020 = 9
_TRANSFER = {"hdr10": 16, "hlg": 18, "dolby_vision": 16}
_MAP = "out_primaries=bt709:out_transfer=bt709:intent=perceptual"


def bake(hdr: str) -> bytes:
    """The table for that kind of range (`hdr10`, `hlg`, `dolby_vision`): takes seconds, needed once."""
    colours = picture(identity())
    graph = Graph()
    source = graph.add_buffer(width=SIDE, height=SIDE, format=colours.format, time_base=Fraction(1, 1))
    scale = graph.add("scale", f"{SIDE}:{SIDE}:{_MAP}")
    graph.link_nodes(source, scale, graph.add("format", FORM), graph.add("buffersink")).configure()
    colours.color_primaries, colours.color_trc, colours.colorspace = _BT2020, _TRANSFER.get(hdr, 16), 0
    graph.vpush(colours)
    return b"".join(bytes(plane) for plane in graph.vpull().planes)


def picture(table: bytes) -> VideoFrame:
    """A baked table as the picture that the filter wants."""
    frame = VideoFrame(SIDE, SIDE, FORM)
    size = len(table) // 3
    if len(table) != 3 * frame.planes[0].buffer_size:
        raise MediaError("The colour table is damaged.")
    for number, plane in enumerate(frame.planes):
        plane.update(table[number * size : (number + 1) * size])
    frame.pts, frame.time_base = 0, Fraction(1, 1)
    return frame


def identity() -> bytes:
    """The table that changes nothing: every colour at its own place."""
    steps = [round(step * 1023 / (CUBE - 1)) for step in range(CUBE)]
    red = array("H", steps * CUBE * CUBE)
    green = array("H", [value for value in steps for _ in range(CUBE)] * CUBE)
    blue = array("H", [value for value in steps for _ in range(CUBE * CUBE)])
    return green.tobytes() + blue.tobytes() + red.tobytes()
