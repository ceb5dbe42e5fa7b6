"""Pictures made smaller, and files that only pretend to be pictures."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips

from revenge.media import images
from revenge.media.errors import MediaError
from revenge.media.picture_sizes import MAX_BYTES


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    images.warm()


def drawn(width: int, height: int) -> pyvips.Image:
    """A picture with soft colours."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([columns * 255 // width, rows * 255 // height, np.full_like(rows, 90)], -1).astype(np.uint8)
    return pyvips.Image.new_from_memory(pixels.tobytes(), width, height, 3, "uchar").copy(interpretation="srgb")


def on_disk(path: Path, data: bytes) -> int:
    path.write_bytes(data)
    return os.open(path, os.O_RDONLY)


def opened(data: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(data, "")


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".gif"])
def test_a_picture_comes_in_every_width_asked_for(ending):
    picture = images.made(drawn(900, 1350).write_to_buffer(ending), (180, 342, 780))
    assert (picture.width, picture.height) == (900, 1350)
    assert [(size.width, opened(size.data).width, opened(size.data).height) for size in picture.sizes] == [
        (780, 780, 1170),
        (342, 342, 513),
        (180, 180, 270),
    ]
    assert all(opened(size.data).get("vips-loader").startswith("webp") for size in picture.sizes)
    assert len(picture.blurhash) == 28


def test_a_small_picture_is_not_blown_up():
    picture = images.made(drawn(200, 300).jpegsave_buffer(), (180, 342))
    assert [(size.width, opened(size.data).width) for size in picture.sizes] == [(342, 200), (180, 180)]


def test_shrinking_an_open_file(tmp_path):
    fd = on_disk(tmp_path / "poster.jpg", drawn(1000, 1500).jpegsave_buffer())
    assert opened(images.shrink(342, fds=[fd])).width == 342
    assert images.sizes((180,), fds=[fd]).width == 1000
    os.close(fd)


def test_a_picture_that_lies_on_its_side_is_put_upright():
    turned = drawn(300, 200).copy()
    turned.set_type(pyvips.GValue.gint_type, "orientation", 6)
    picture = images.made(turned.jpegsave_buffer(), (180,))
    assert (picture.width, picture.height) == (200, 300)
    assert opened(picture.sizes[0].data).height == 270


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_large_photograph_comes_out_as_it_would_unhurried(orientation):
    """The decoder shrinks it on the way; upright, whole, in its own colours, and not a row further than it should be."""
    photo = drawn(1600, 1200).copy()
    photo.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    data = photo.jpegsave_buffer(Q=95)
    shown = opened(images.made(data, (180,)).sizes[0].data)
    expected = pyvips.Image.new_from_buffer(data, "").copy_memory().autorot().thumbnail_image(180, height=20000)
    assert (shown.width, shown.height) == (expected.width, expected.height)
    assert (shown - expected).abs().max() < 12
    with pytest.raises(MediaError, match="decoded"):
        images.made(data[: len(data) // 2], (180,))


def test_large_pictures_in_grey_and_in_the_colours_of_print_are_shrunk_too():
    for space in ("b-w", "cmyk"):
        smaller = images.made(drawn(900, 1200).colourspace(space).jpegsave_buffer(), (180,))
        assert (opened(smaller.sizes[0].data).width, len(smaller.blurhash)) == (180, 28)


def test_grey_and_transparent_pictures_are_pictures_too():
    grey = images.made(drawn(64, 96).colourspace("b-w").pngsave_buffer(), (32,))
    clear = images.made(drawn(64, 96).bandjoin(0).pngsave_buffer(), (32,))
    assert len(grey.blurhash) == len(clear.blurhash) == 28


def test_what_is_transparent_stays_so_and_does_not_bleed():
    drop = drawn(64, 96).bandjoin(255).insert(pyvips.Image.black(32, 96).new_from_image([0, 255, 0, 0]), 0, 0)
    shown = opened(images.made(drop.pngsave_buffer(), (32,)).sizes[0].data)
    assert shown.bands == 4
    assert (shown(4, 20)[3], shown(28, 20)[3]) == (0, 255)
    assert shown(17, 20)[1] < 125  # 106 it is, and 255 where nobody sees it


@pytest.mark.parametrize("ending", [".jpg", ".png"])
@pytest.mark.parametrize(("width", "height"), [(40, 19_000), (19_000, 3)])
def test_a_strip_is_a_picture_too(width, height, ending):
    shown = opened(images.made(drawn(width, height).write_to_buffer(ending), (180,)).sizes[0].data)
    assert max(shown.width, shown.height) < 16_384
    assert min(shown.width, shown.height) >= 1


def test_a_picture_in_grey_stays_without_colour():
    grey = images.made(drawn(400, 600).colourspace("b-w").jpegsave_buffer(), (100,))
    shown = opened(grey.sizes[0].data)
    assert (shown[0] - shown[1]).abs().max() <= 2


def test_colours_of_print_and_of_other_screens_become_those_of_the_web():
    print_ = drawn(64, 96).colourspace("cmyk").jpegsave_buffer()
    wide = drawn(64, 96).icc_export(output_profile="p3").pngsave_buffer()
    expected = opened(images.made(drawn(64, 96).pngsave_buffer(), (32,)).sizes[0].data)
    for data, tolerance in ((wide, 7), (print_, 60)):
        shown = opened(images.made(data, (32,)).sizes[0].data)
        assert shown.bands == 3
        assert (shown - expected).abs().avg() < tolerance


def test_what_a_picture_tells_about_its_maker_is_not_passed_on():
    signed = drawn(64, 96).copy()
    signed.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "somebody")
    smaller = opened(images.made(signed.jpegsave_buffer(), (32,)).sizes[0].data)
    assert not [field for field in smaller.get_fields() if field.startswith("exif")]


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
def test_half_a_picture_is_refused(ending):
    data = drawn(400, 600).write_to_buffer(ending)
    with pytest.raises(MediaError, match="picture"):
        images.made(data[: len(data) // 2], (180,))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture at all",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"%PDF-1.4\n",
        b"P5 4 4 255\n" + b"x" * 16,
    ],
    ids=["empty", "text", "svg", "pdf", "pnm"],
)
def test_what_is_no_picture_of_a_trusted_kind_is_refused(data):
    with pytest.raises(MediaError, match="no picture that can be read"):
        images.made(data, (180,))


def test_a_bomb_is_refused_before_it_is_unpacked():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    body = b"IDAT" + zlib.compress(b"\0" * 100)
    end = b"IEND"
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (chunk, body, end)
    )
    with pytest.raises(MediaError, match="too large"):
        images.made(png, (180,))


def test_a_file_too_large_for_a_poster_is_not_even_read(tmp_path):
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    fd = os.open(tmp_path / "huge.jpg", os.O_RDONLY)
    with pytest.raises(MediaError, match="larger than 32 MiB"):
        images.shrink(180, fds=[fd])
    os.close(fd)


def test_an_empty_file_says_so(tmp_path):
    fd = on_disk(tmp_path / "empty.jpg", b"")
    with pytest.raises(MediaError, match="empty"):
        images.shrink(180, fds=[fd])
    os.close(fd)
