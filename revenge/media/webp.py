"""Pictures made smaller and written as WebP. Runs in the image children only (pyvips, PyAV, numpy).

Opaque pictures go through FFmpeg's scaler, which hands the encoder the halved colours that WebP stores. libvips scales all three channels and
has libwebp halve them afterwards, which takes half as long again. Transparent pictures are left to libvips: it does not let the colours
of clear pixels shine through at the edges.
"""

from fractions import Fraction
from typing import Any, TypeAlias

import av
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

QUALITY = 81
"""As near to the original as libvips with 80: both halve the colours, not quite alike."""
EFFORT = 2
"""libwebp's method, 0 to 6: as small as the usual 4 but for a few percent, in less than half the time."""
_EXACT = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP
_SHARP, _MEAN = Interpolation.LANCZOS | _EXACT, Interpolation.AREA | _EXACT
_MAX_SIDE = 16_383
"""Of WebP."""
_TINY = 32
"""Pixels on the longer side of what a hash is made of."""


class Opaque:
    """A picture without transparency."""

    def __init__(self, image: Any) -> None:
        """Take a vips image of any kind; pyvips.Error when its decoder fails."""
        if image.bands != 3 or image.format != "uchar":
            image = image.colourspace("srgb").cast("uchar")
        pixels = np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, 3)
        self._frame = av.VideoFrame.from_numpy_buffer(pixels, format="rgb24")

    def webp(self, width: int) -> bytes:
        """The picture at most that many pixels wide."""
        scale = min(1, width / self._frame.width, _MAX_SIDE / self._frame.height)
        return _encoded(self._scaled(scale, "yuv420p", _SHARP))

    def tiny(self) -> NDArray[np.uint8]:
        """A very small form, as rows of RGB."""
        scale = min(1, _TINY / max(self._frame.width, self._frame.height))
        return np.asarray(self._scaled(scale, "rgb24", _MEAN).to_ndarray(), np.uint8)

    def _scaled(self, scale: float, form: str, by: Interpolation) -> av.VideoFrame:
        width, height = (max(1, round(side * scale)) for side in (self._frame.width, self._frame.height))
        return self._frame.reformat(width, height, form, interpolation=by, threads=1)


class Clear:
    """A picture with transparency."""

    def __init__(self, image: Any) -> None:
        """Take a vips image that is in memory."""
        self._image = image

    def webp(self, width: int) -> bytes:
        """The picture at most that many pixels wide."""
        made: bytes = self._within(width, _MAX_SIDE).webpsave_buffer(Q=QUALITY, effort=EFFORT, keep="none")
        return made

    def tiny(self) -> NDArray[np.uint8]:
        """A very small form on black, as rows of RGB."""
        tiny = self._within(_TINY, _TINY).flatten().colourspace("srgb").cast("uchar")
        return np.frombuffer(tiny.write_to_memory(), np.uint8).reshape(tiny.height, tiny.width, 3)

    def _within(self, width: int, height: int) -> Any:
        return self._image.thumbnail_image(width, height=height, size="down")


Pixels: TypeAlias = Opaque | Clear


def pixels(image: Any) -> Pixels:
    """The pixels of a vips image; pyvips.Error when its decoder fails."""
    return Clear(image.copy_memory()) if image.hasalpha() else Opaque(image)


def _encoded(frame: av.VideoFrame) -> bytes:
    encoder = av.CodecContext.create("libwebp", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = frame.width, frame.height, "yuv420p", Fraction(1, 25)
    encoder.options = {"quality": str(QUALITY), "compression_level": str(EFFORT)}
    encoder.thread_count = 1
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
