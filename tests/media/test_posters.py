"""Posters for films that have none."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import pyvips

from revenge.media import images, posters
from revenge.media.errors import MediaError
from revenge.media.pictures import MEDIA_WARM, POOL_ENVIRONMENT, POOL_PRELOAD, POOL_WARM, Pictures
from revenge.media.pool import Pool


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    images.warm()


def poster(title, year=2010, frame=None, width=390) -> np.ndarray:
    picture = posters.generated(title, year, (width,), frame)
    assert (picture.width, picture.height) == (780, 1170)
    return pyvips.Image.new_from_buffer(picture.sizes[0].data, "").numpy()


def letters(pixels: np.ndarray) -> int:
    """How many pixels are as bright as the title."""
    return int((pixels.min(axis=2) > 235).sum())


def test_a_poster_is_two_by_three_and_carries_the_title():
    pixels = poster("Das Leben der Anderen", 2006)
    assert pixels.shape == (585, 390, 3)
    assert letters(pixels) > 1000
    assert letters(pixels[:200]) == 0


def test_the_same_title_always_looks_the_same_and_another_one_does_not():
    first, again = (posters.generated("Alien", 1979, (180,), None) for _ in range(2))
    assert first == again
    assert np.abs(poster("Alien").astype(int) - poster("Brazil").astype(int)).mean() > 4


def test_a_frame_of_the_film_becomes_the_ground_and_the_title_stays_readable():
    bright = pyvips.Image.black(640, 360).new_from_image([250, 250, 250]).copy(interpretation="srgb")
    pixels = poster("Alien", 1979, frame=bright.jpegsave_buffer())
    plain = poster("Alien", 1979)
    assert pixels[20:80].mean() > plain[20:80].mean() + 60
    assert pixels[-60:].mean() < 70


@pytest.mark.parametrize(
    "title",
    [
        "", " ", "M", "Ärger & <b>Süßes</b>", "🎬 Film 🍿", "👩‍👩‍👧", "千と千尋の神隠し", "مرحبا", "\u202eabc", "a\0b\nc", "\ud800x", "\u200d", "%s {x} &amp;",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3, "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
        "w " * 300,
    ],
)  # fmt: skip
def test_no_title_is_too_odd_for_a_poster(title):
    assert poster(title, None).shape == (585, 390, 3)


def test_a_title_without_letters_for_it_is_left_out_rather_than_drawn_as_boxes():
    unknown = "\ue001\ue002\ue003"
    assert letters(poster(unknown, None)) == 0


def test_a_broken_frame_says_so():
    with pytest.raises(MediaError):
        posters.generated("Alien", 1979, (180,), b"no jpeg")


def test_a_machine_without_fonts_still_gets_posters(tmp_path):
    (tmp_path / "fonts.conf").write_text(
        f"<?xml version='1.0'?><fontconfig><dir>{tmp_path}/none</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    script = "from revenge.media import posters; p = posters.generated('Alien', 1979, (180,), None); print(posters.has_letters(), len(p.blurhash))"
    environment = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf"), "PYTHONPATH": str(Path(posters.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "28"]


async def test_locked_children_draw_posters_in_every_script_they_have_fonts_for(tmp_path, mp4_h264_aac):
    image = Pool("image", preload=POOL_PRELOAD, warm=POOL_WARM, environment=POOL_ENVIRONMENT)
    media = Pool("media", warm=MEDIA_WARM)
    async with image.lifetime(), media.lifetime():
        pictures = Pictures(image, media)
        film = os.open(mp4_h264_aac, os.O_RDONLY)
        frame = await pictures.frame(film)
        os.close(film)
        (tmp_path / "frame.jpg").write_bytes(frame)
        still = os.open(tmp_path / "frame.jpg", os.O_RDONLY)
        assert (await pictures.sizes(still, (180, 342))).width == 320
        assert await pictures.shrink(still, 180)
        os.close(still)
        for title in ("Ärger ✈", "Сталкер 🎬"):
            inside = await pictures.generated_poster(title, 2010, (390,), frame)
            assert letters(pyvips.Image.new_from_buffer(inside.sizes[0].data, "").numpy()) > 500
        text = os.open(__file__, os.O_RDONLY)
        with pytest.raises(MediaError, match="no picture"):
            await pictures.sizes(text, (180,))
        os.close(text)
