"""Pictures made smaller. Runs in the image children only (pyvips, PyAV, numpy): whoever wants a picture asks `media/pictures`."""

import os
from collections.abc import Sequence
from typing import Any

import pyvips

from revenge.media import blurhash
from revenge.media.errors import MediaError
from revenge.media.picture_sizes import MAX_BYTES, Picture, PictureSize
from revenge.media.webp import Pixels, pixels

_MAX_PIXELS = 80_000_000
_MAX_SIDE = 20_000
"""Beyond that a small file is a bomb: it would unpack to gigabytes."""
_ON_ITS_SIDE = 4
"""Beyond that orientation the picture's width is the file's height."""
_MARGIN = 1.2
"""How much larger than wanted a picture must be decoded, so that the last step is still a filter's."""
_TRUSTED = ("VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadHeif", "VipsForeignLoadNsgif")
"""The decoders that are fuzzed and that people use for artwork; every other one stays shut."""


def warm() -> None:
    """Take one thread and no cache, shut the other decoders, and use each needed part once while files may still be opened."""
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in _TRUSTED:
        pyvips.operation_block_set(loader, False)
    grey = pyvips.Image.black(64, 96).copy(interpretation="srgb").bandjoin([40, 60])
    for ending in (".jpg", ".png", ".webp", ".gif"):
        made(grey.write_to_buffer(ending), (32,))


def shrink(width: int, fds: Sequence[int] = ()) -> bytes:
    """The picture in the open file as WebP, at most that many pixels wide."""
    return _decoded(read(fds[0]), width)[0].webp(width)


def sizes(widths: tuple[int, ...], fds: Sequence[int] = ()) -> Picture:
    """The picture in the open file in several widths, and its BlurHash."""
    return made(read(fds[0]), widths)


def read(fd: int) -> bytes:
    """The whole file, unless it is too large to be a picture."""
    size = os.fstat(fd).st_size
    if size > MAX_BYTES:
        raise MediaError(f"The picture's file is larger than {MAX_BYTES >> 20} MiB.")
    if size == 0:
        raise MediaError("The picture's file is empty.")
    return os.pread(fd, size, 0)


def made(data: bytes, widths: tuple[int, ...]) -> Picture:
    """Decode once, for the largest size needed, and make all sizes from that."""
    decoded, original = _decoded(data, max(widths))
    return picture(decoded, widths, original)


def _decoded(data: bytes, width: int) -> tuple[Pixels, tuple[int, int]]:
    """The picture somewhat wider than that (or narrower, if it is), upright and in the colours of screens, and its original size."""
    header, original = checked(data)
    # Changing colours costs more than everything else, so only pictures that say they need it pay for it.
    plain = header.interpretation in {"srgb", "b-w", "rgb"} and not header.get_typeof("icc-profile-data")
    try:
        if plain and header.get("vips-loader") == "jpegload_buffer":
            loaded = pyvips.Image.jpegload_buffer(data, shrink=_halved(original, width), access="sequential", fail_on="truncated")
            return pixels(loaded.copy_memory().autorot() if _orientation(header) > 1 else loaded), original
        # The option string, because the call's own `fail_on` is ignored for buffers, and half a poster would pass for one.
        fitted = {"height": _MAX_SIDE, "size": "down", **({} if plain else {"output_profile": "srgb"})}
        return pixels(pyvips.Image.thumbnail_buffer(data, width, option_string="[fail_on=truncated]", **fitted)), original
    except pyvips.Error as error:
        raise MediaError(f"The picture cannot be decoded ({_first_line(error)}).") from error


def _halved(original: tuple[int, int], width: int) -> int:
    """By how much a JPEG decoder may shrink what is to become that narrow: it does so for next to nothing, and libvips dares less."""
    return next((step for step in (8, 4, 2) if original[0] >= width * step * _MARGIN and original[1] >= step), 1)


def checked(data: bytes) -> tuple[Any, tuple[int, int]]:
    """The header, and the upright size it claims; MediaError when it is no picture or too large to unpack."""
    try:
        header = pyvips.Image.new_from_buffer(data, "", access="sequential")
    except pyvips.Error as error:
        raise MediaError(f"This is no picture that can be read ({_first_line(error)}).") from error
    width, height = header.width, header.height
    if width * height > _MAX_PIXELS or max(width, height) > _MAX_SIDE:
        raise MediaError(f"The picture is too large ({width} x {height} pixels).")
    return header, ((height, width) if _orientation(header) > _ON_ITS_SIDE else (width, height))


def picture(decoded: Pixels, widths: tuple[int, ...], original: tuple[int, int]) -> Picture:
    """A decoded picture in several widths."""
    sizes_ = tuple(PictureSize(width, decoded.webp(width)) for width in sorted(widths, reverse=True))
    return Picture(original[0], original[1], blurhash.encode(decoded.tiny()), sizes_)


def _orientation(header: Any) -> int:
    """How the camera was held, 1 to 8, by EXIF; 1 where nothing says it."""
    return int(header.get("orientation")) if header.get_typeof("orientation") else 1


def _first_line(error: pyvips.Error) -> str:
    lines = (error.detail or error.message).strip().splitlines()
    return lines[0].strip()[:200] if lines else "no reason given"
