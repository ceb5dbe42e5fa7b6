"""One telling frame of a film. Runs in the media children (PyAV, no numpy)."""

import os
import statistics
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import cast

import av
from av.codec import CodecContext
from av.container import InputContainer
from av.filter import Graph
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from revenge.media.child.source import opened
from revenge.media.errors import MediaError

_WIDTH = 640
_OTHER_PLACES = (0.22, 0.31, 0.42, 0.55, 0.68)
"""Where to look, as shares of the length, when the first place is black, white or fog."""
_FROM_START = 240
"""Frames to look through in a file that cannot be searched."""
_MAX_SIDE = 16_384
_TURNS = {90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}
"""PyAV counts a film's rotation against the clock."""


def warm() -> None:
    """Take a frame from a film of one picture, so that every late import happens while files may still be opened."""
    fd = os.memfd_create("warm")
    try:
        os.write(fd, _jpeg(_turned(VideoFrame(64, 36, "yuvj420p"), "clock")))
        grab(0.5, fds=(fd,))
    finally:
        os.close(fd)


def grab(at: float, fds: Sequence[int] = ()) -> bytes:
    """A frame from around that share of the film's length, as JPEG at most 640 pixels wide; MediaError when there is none."""
    try:
        with opened(fds[0]) as container:
            stream = _film(container)
            return _jpeg(_upright(_chosen(container, stream, at), stream))
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaError(f"No picture can be taken from this file ({error}).") from error


def _chosen(container: InputContainer, stream: VideoStream, at: float) -> VideoFrame:
    """The first frame that shows something, else the liveliest of those seen."""
    stream.codec_context.thread_count = 1
    best: tuple[float, VideoFrame] | None = None
    for frame in _candidates(container, stream, at):
        light, life = _look(frame)
        if 30 <= light <= 220 and life >= 22:
            return frame
        if best is None or life > best[0]:
            best = (life, frame)
    if best is None:
        raise MediaError("No picture of this film can be decoded.")
    return best[1]


def _film(container: InputContainer) -> VideoStream:
    """The main picture: covers that somebody attached are none."""
    covers = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    for stream in container.streams.video:
        if not stream.disposition & covers:
            if max(stream.width, stream.height) > _MAX_SIDE:
                raise MediaError(f"The picture is too large ({stream.width} x {stream.height} pixels).")
            return stream
    raise MediaError("This file holds no moving picture.")


def _candidates(container: InputContainer, stream: VideoStream, at: float) -> Iterator[VideoFrame]:
    """Keyframes at a few places; where the file cannot be searched, now and then one from its start."""
    length = container.duration
    for share in (at, *_OTHER_PLACES) if length else ():
        try:
            container.seek((container.start_time or 0) + int(cast("int", length) * share))
            frame = next(container.decode(stream), None)
        except (av.FFmpegError, OSError):
            continue
        if frame is not None:
            yield frame
    try:
        container.seek(container.start_time or 0)
    except (av.FFmpegError, OSError):
        return
    for number, frame in enumerate(container.decode(stream)):
        if number % 24 == 0:
            yield frame
        if number >= _FROM_START:
            return


def _look(frame: VideoFrame) -> tuple[float, float]:
    """How light a frame is (mean, 0-255) and how much there is to see (standard deviation)."""
    tiny = frame.reformat(width=32, height=18, format="gray")
    plane = tiny.planes[0]
    pixels = bytes(plane)
    seen = [light for row in range(18) for light in pixels[row * plane.line_size : row * plane.line_size + 32]]
    return statistics.fmean(seen), statistics.pstdev(seen)


def _upright(frame: VideoFrame, stream: VideoStream) -> VideoFrame:
    """The frame with square pixels, no wider than needed, turned as the film asks."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width = frame.width * aspect if 0 < aspect < 10 else Fraction(frame.width)
    scale = min(Fraction(1), Fraction(_WIDTH) / width)
    small = frame.reformat(
        width=_even(width * scale),
        height=_even(frame.height * scale),
        format="yuvj420p",
        dst_color_range=ColorRange.JPEG,
    )
    for direction in _TURNS.get(frame.rotation % 360, ()):
        small = _turned(small, direction)
    return small


def _turned(frame: VideoFrame, direction: str) -> VideoFrame:
    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)),
        graph.add("transpose", direction),
        graph.add("buffersink"),
    ).configure()
    graph.push(frame)
    return cast("VideoFrame", graph.pull())


def _even(pixels: Fraction) -> int:
    return max(2, round(pixels / 2) * 2)


def _jpeg(frame: VideoFrame) -> bytes:
    encoder = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    encoder.qmin = encoder.qmax = 3
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
