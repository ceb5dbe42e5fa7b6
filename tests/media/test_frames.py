"""One telling frame out of a film."""

import os
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import pyvips

from revenge.media import frames
from revenge.media.errors import MediaError
from tests.fixtures.media import HEVC, PLAIN, Film, make_film, tiny_video


def grab(path: Path, at: float = 0.15) -> pyvips.Image:
    fd = os.open(path, os.O_RDONLY)
    try:
        return pyvips.Image.new_from_buffer(frames.grab(at, fds=[fd]), "")
    finally:
        os.close(fd)


@pytest.mark.parametrize("film", ["mp4_h264_aac", "mkv_h264_ac3", "hevc_mkv", "mpeg2_ts", "h264_ts", "open_gop_mkv"])
def test_every_container_gives_a_frame_with_something_on_it(film, request):
    still = grab(request.getfixturevalue(film))
    assert (still.width, still.height) == (320, 180)
    assert still.deviate() > 20


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_film_from_a_turned_telephone_stands_upright(tmp_path, turn):
    film = replace(PLAIN, seconds=2, sounds=(), gops=(48,))
    upright = grab(make_film(tmp_path / "upright.mp4", film))
    turned = grab(make_film(tmp_path / "turned.mp4", replace(film, rotation=turn)))
    expected = getattr(upright, f"rot{turn}")()
    assert (turned.width, turned.height) == (expected.width, expected.height)
    assert (turned - expected).abs().avg() < 4


def test_a_wide_film_is_made_smaller(tmp_path):
    wide = make_film(tmp_path / "wide.mkv", Film(seconds=1, width=1920, height=800, gops=(24,), sounds=()))
    still = grab(wide)
    assert (still.width, still.height) == (640, 266)


def test_the_cover_in_a_film_is_not_taken_for_the_film(tmp_path):
    film = make_film(tmp_path / "covered.mkv", replace(PLAIN, seconds=2, cover=True))
    assert grab(film).width == 320


def test_a_black_beginning_is_passed_over(tmp_path):
    path = tmp_path / "dark.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        ramp = np.add.outer(np.arange(90), np.arange(160)).astype(np.uint8)
        for n in range(100):
            pixels = np.zeros((90, 160), np.uint8) if n < 40 else ramp
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="gray").reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    assert grab(path, at=0.1).avg() > 40


def test_a_film_that_is_black_all_through_gives_what_there_is(tmp_path):
    path = tmp_path / "night.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for _ in range(60):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((90, 160), np.uint8), format="gray").reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    still = grab(path)
    assert (still.width, round(still.avg())) == (160, 0)


def test_a_film_of_one_second_has_a_frame(tmp_path):
    assert grab(tiny_video(tmp_path / "tiny.mkv")).width == 64


@pytest.mark.parametrize("film", ["truncated_mp4", "zero_byte_mkv", "text_mkv"])
def test_a_broken_file_is_an_error_with_a_sentence(film, request):
    with pytest.raises(MediaError) as caught:
        grab(request.getfixturevalue(film))
    assert caught.value.detail.endswith(".")


def test_a_file_without_a_picture_says_so(tmp_path):
    song = make_film(tmp_path / "song.mkv", Film(seconds=1, codec=None))
    with pytest.raises(MediaError, match="no moving picture"):
        grab(song)


def test_a_film_cut_short_still_shows_what_there_is(tmp_path):
    whole = make_film(tmp_path / "whole.mkv", replace(HEVC, seconds=4))
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert grab(tmp_path / "cut.mkv").width == 320
