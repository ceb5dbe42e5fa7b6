"""From the source's picture to the one that is encoded: upright, whole frames, the wanted size, eight bits, the colours of a common screen."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter.context import FilterContext
from av.filter.graph import Graph
from av.video.frame import VideoFrame

from revenge.media.child import tones
from revenge.media.orders import H264

_UPRIGHT = {90: ["transpose=clock"], 180: ["hflip", "vflip"], 270: ["transpose=cclock"]}


def before(wanted: H264) -> list[str]:
    """What is done to the source's own colours, as FFmpeg writes it."""
    lacing = ["yadif=mode=send_frame"] if wanted.deinterlace else []
    return [*lacing, *_UPRIGHT.get(wanted.rotation, []), f"scale={wanted.width}:{wanted.height}:flags=bicubic"]


def after(wanted: H264) -> list[str]:
    """What makes it a picture for the encoder."""
    colours = ["scale=out_color_matrix=bt709:out_range=tv"] if wanted.tone_map else []
    return [*colours, "format=yuv420p", "setsar=1"]


class Filters:
    """A chain of filters that is built anew when the pictures change their shape in the middle of the film."""

    def __init__(self, wanted: H264, base: Fraction, table: bytes | None) -> None:
        self._wanted = wanted
        self._base = base
        self._table = table if wanted.tone_map else None
        self._shape: tuple[int, int, str] | None = None
        self._graph: Graph | None = None

    def apply(self, frame: VideoFrame | None) -> Iterator[VideoFrame]:
        """What comes out when this frame goes in; None asks for what is still inside."""
        if frame is not None:
            shape = (frame.width, frame.height, frame.format.name)
            if shape != self._shape:
                yield from self.apply(None)
                self._graph, self._shape = self._build(frame), shape
        if self._graph is None:
            return
        self._graph.vpush(frame, at=0)
        while True:
            try:
                yield self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return

    def _build(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=self._base)
        last = _chain(graph, source, before(self._wanted))
        if self._table is not None:
            last = self._with_table(graph, _chain(graph, last, [f"format={tones.FORM}"]))
        sink = graph.add("buffersink")
        _chain(graph, last, after(self._wanted)).link_to(sink)
        graph.configure()
        if self._table is not None:
            graph.vpush(tones.picture(self._table), at=1)
            graph.vpush(None, at=1)  # there will be no other: it holds for every picture
        return graph

    def _with_table(self, graph: Graph, last: FilterContext) -> FilterContext:
        form = tones.picture(self._table or b"").format
        table = graph.add_buffer(width=tones.SIDE, height=tones.SIDE, format=form, time_base=self._base)
        mapped = graph.add("haldclut")
        last.link_to(mapped, 0, 0)
        table.link_to(mapped, 0, 1)
        return mapped


def _chain(graph: Graph, last: FilterContext, steps: list[str]) -> FilterContext:
    for step in steps:
        name, _, arguments = step.partition("=")
        following = graph.add(name, arguments or None)
        last.link_to(following)
        last = following
    return last
