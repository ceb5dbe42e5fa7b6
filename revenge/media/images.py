"""Pictures made smaller. Runs in the image children only (pyvips, numpy): whoever wants a picture asks `media/pictures`."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyvips

from revenge.media import blurhash
from revenge.media.errors import MediaError
from revenge.media.picture_sizes import MAX_BYTES, Picture, PictureSize

_MAX_PIXELS = 80_000_000
_MAX_SIDE = 20_000
"""Beyond that a small file is a bomb: it would unpack to gigabytes."""
_QUALITY = 80
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
    return _webp(_decoded(read(fds[0]), width)[0])


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
    """Decode once, at the largest size needed, and make the smaller ones from that."""
    largest, original = _decoded(data, max(widths))
    return picture(largest, widths, original)


def _decoded(data: bytes, width: int) -> tuple[Any, tuple[int, int]]:
    """The picture at most that many pixels wide, upright and in the colours of screens, and its original size."""
    header, original = checked(data)
    # Changing colours costs more than everything else, so only pictures that say they need it pay for it.
    plain = header.interpretation in {"srgb", "b-w", "rgb"} and not header.get_typeof("icc-profile-data")
    fitted = {"height": _MAX_SIDE, "size": "down", **({} if plain else {"output_profile": "srgb"})}
    try:
        if header.get("vips-loader") == "jpegload_buffer" and (smaller := _halved(original[0] / width)) > 1:
            loaded = pyvips.Image.jpegload_buffer(data, shrink=smaller, access="sequential", fail_on="truncated")
            return loaded.thumbnail_image(width, **fitted).copy_memory(), original
        # The option string, because the call's own `fail_on` is ignored for buffers, and half a poster would pass for one.
        return pyvips.Image.thumbnail_buffer(data, width, option_string="[fail_on=truncated]", **fitted).copy_memory(), original
    except pyvips.Error as error:
        raise MediaError(f"The picture cannot be decoded ({_first_line(error)}).") from error


def _halved(ratio: float) -> int:
    """By how much a JPEG decoder may shrink what is to become that much smaller: it does so for next to nothing, and libvips dares less."""
    return next((step for step in (8, 4, 2) if ratio >= step * _MARGIN), 1)


def checked(data: bytes) -> tuple[Any, tuple[int, int]]:
    """The header, and the upright size it claims; MediaError when it is no picture or too large to unpack."""
    try:
        header = pyvips.Image.new_from_buffer(data, "", access="sequential")
    except pyvips.Error as error:
        raise MediaError(f"This is no picture that can be read ({_first_line(error)}).") from error
    width, height = header.width, header.height
    if width * height > _MAX_PIXELS or max(width, height) > _MAX_SIDE:
        raise MediaError(f"The picture is too large ({width} x {height} pixels).")
    turned = header.get_typeof("orientation") != 0 and header.get("orientation") in {5, 6, 7, 8}
    return header, ((height, width) if turned else (width, height))


def picture(largest: Any, widths: tuple[int, ...], original: tuple[int, int]) -> Picture:
    """A decoded image in several widths. Each size is made from the next larger one, which is quicker than from the first."""
    made_sizes, image = [], largest
    for width in sorted(widths, reverse=True):
        if width < image.width:
            image = image.thumbnail_image(width, height=_MAX_SIDE, size="down").copy_memory()
        made_sizes.append(PictureSize(width, _webp(image)))
    return Picture(original[0], original[1], _blurhash(image), tuple(made_sizes))


def _webp(image: Any) -> bytes:
    made_bytes: bytes = image.webpsave_buffer(Q=_QUALITY, effort=2, keep="none")
    return made_bytes


def _blurhash(image: Any) -> str:
    box = max(1, min(image.width, image.height) // 64)
    tiny = image.shrink(box, box).thumbnail_image(32, height=32)  # a filter over all pixels would cost more than the hash
    if tiny.hasalpha():
        tiny = tiny.flatten()
    if tiny.bands < 3:
        tiny = tiny.colourspace("srgb")
    pixels = np.frombuffer(tiny.cast("uchar").write_to_memory(), np.uint8).reshape(tiny.height, tiny.width, -1)
    return blurhash.encode(pixels[:, :, :3])


def _first_line(error: pyvips.Error) -> str:
    lines = (error.detail or error.message).strip().splitlines()
    return lines[0].strip()[:200] if lines else "no reason given"
