"""From the source's picture to the one that is encoded: upright, whole frames, the wanted size, eight bits, the colours of a common screen."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter.graph import Graph
from av.video.frame import VideoFrame

from revenge.media.orders import H264

_UPRIGHT = {90: ["transpose=clock"], 180: ["hflip", "vflip"], 270: ["transpose=cclock"]}
_TONE_MAP = "out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709:intent=perceptual"


def steps(wanted: H264) -> list[str]:
    """The filters in their order, as FFmpeg writes them."""
    scale = f"scale={wanted.width}:{wanted.height}:flags=bicubic"
    if wanted.tone_map:
        scale += f":{_TONE_MAP}"
    lacing = ["yadif=mode=send_frame"] if wanted.deinterlace else []
    return [*lacing, *_UPRIGHT.get(wanted.rotation, []), scale, "format=yuv420p", "setsar=1"]


class Filters:
    """A chain of filters that is built anew when the pictures change their shape in the middle of the film."""

    def __init__(self, wanted: H264, base: Fraction) -> None:
        self._steps = steps(wanted)
        self._base = base
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
        self._graph.vpush(frame)
        while True:
            try:
                yield self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return

    def _build(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=self._base)]
        for step in self._steps:
            name, _, arguments = step.partition("=")
            nodes.append(graph.add(name, arguments or None))
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        return graph
