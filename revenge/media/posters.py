"""Posters for films that have none: the title over a frame of the film, or over a colour that is the title's own.

Runs in the image children only. The same title always gets the same colours, whatever machine draws it.
"""

import hashlib
import math
import re
from functools import cache, lru_cache
from html import escape
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from revenge.media import images
from revenge.media.errors import MediaError
from revenge.media.picture_sizes import Picture
from revenge.media.titles import match_key
from revenge.media.webp import pixels

WIDTH, HEIGHT = 780, 1170
_MARGIN = 64
_FONTS = "Inter, Noto Sans, Open Sans, Liberation Sans, DejaVu Sans, sans-serif"
_SIZES = (104, 92, 80, 70, 62, 54)
"""Points at 72 dpi, so pixels; the first at which the title fits is taken."""
_BROKEN_SIZE = 66
_MAX_TITLE = 120
_TITLE_HEIGHT = 430
_LATIN_END = 0x250
_JOINERS = "\u200d\ufe0f"
_FRAME_LIGHT = 100
"""How light the upper edge of such a box is at least, of 255."""
_ROWS, _COLUMNS = complex(0, HEIGHT // 2), complex(0, WIDTH // 2)
_SCRIPTS = "Ägéß Ж Ω א ع अ ก 漢 かな 한 🎬 ™ — “”"


def warm() -> None:
    """Draw one poster with letters of many scripts, so that their fonts are open before the files are out of reach."""
    generated(_SCRIPTS, 2000, (64,), None)


def generated(title: str, year: int | None, widths: tuple[int, ...], frame: bytes | None) -> Picture:
    """A 2:3 poster in the given widths; `frame` is a picture from the film, as JPEG."""
    dark, light = _colours(title)
    ground = _from_frame(frame, dark) if frame else _from_colours(dark, light)
    try:
        poster = _lettered(ground, title, year, light).copy_memory()
        if poster.width > max(widths):
            poster = poster.thumbnail_image(max(widths), height=HEIGHT).copy_memory()
        return images.picture(pixels(poster), widths, (WIDTH, HEIGHT))
    except pyvips.Error as error:
        raise MediaError(f"No poster can be drawn for this title ({error}).") from error


def _colours(title: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A dark ground and a light accent, 0-255 each, that belong to the title."""
    seed = hashlib.sha256(match_key(title, None).encode()).digest()
    hue = (seed[0] + seed[1] / 256) / 256 * math.tau
    return _rgb(0.23, 0.055, hue), _rgb(0.50, 0.105, hue + math.radians(seed[2] / 256 * 70 - 35))


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, ...]:
    """An OKLCH colour as sRGB, 0-255: equally light and calm whatever the hue."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    light = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return tuple(255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055) for v in (min(1.0, max(0.0, x)) for x in light))


# -- grounds ------------------------------------------------------------------------------------------------------------------


def _from_colours(dark: tuple[float, ...], light: tuple[float, ...]) -> Any:
    """A soft light in the upper right corner of a dark ground."""
    down, across = np.ogrid[0:1:_ROWS, 0:1:_COLUMNS]
    distance = np.hypot(across - 0.85, down - 0.13)
    strength = (np.clip(1 - distance, 0, 1)[..., None] ** 1.6).astype(np.float32)
    return _enlarged(np.array(dark, np.float32) * (1 - strength) + np.array(light, np.float32) * strength)


def _from_frame(frame: bytes, dark: tuple[float, ...]) -> Any:
    """The frame, cut to a poster's shape, softened, tinted, and dark where the title stands."""
    images.checked(frame)
    try:
        still = pyvips.Image.thumbnail_buffer(frame, WIDTH // 2, height=HEIGHT // 2, size="both", crop="attention")
        still = still[:3] if still.bands >= 3 else still.colourspace("srgb")[:3]
        pixels = np.frombuffer(still.copy_memory().gaussblur(2.2).write_to_memory(), np.uint8).reshape(HEIGHT // 2, WIDTH // 2, 3)
    except pyvips.Error as error:
        raise MediaError(f"The frame cannot be decoded ({error}).") from error
    veil = np.clip(0.22 + (np.linspace(0, 1, HEIGHT // 2, dtype=np.float32) - 0.15) * 1.25, 0.22, 0.95)[:, None, None]
    return _enlarged(pixels * (0.86 * (1 - veil)) + np.array(dark, np.float32) * (0.55 * veil))


def _enlarged(half: NDArray[np.float32]) -> Any:
    """The ground at half the poster's size, 0-255, as a poster; a little noise keeps soft slopes from showing steps."""
    pixels = np.clip(half + _noise(), 0, 255).astype(np.uint8)
    return pyvips.Image.new_from_memory(pixels.tobytes(), WIDTH // 2, HEIGHT // 2, 3, "uchar").resize(2, kernel="linear")


@cache
def _noise() -> NDArray[np.float32]:
    """About one step of brightness, the same on every poster."""
    return np.random.default_rng(1).normal(0.5, 0.7, (HEIGHT // 2, WIDTH // 2, 1)).astype(np.float32)


# -- letters ------------------------------------------------------------------------------------------------------------------


def _lettered(ground: Any, title: str, year: int | None, accent: tuple[float, ...]) -> Any:
    """The ground with title, rule and year in the lower left; without any letters where the machine has no font."""
    poster = ground.copy(interpretation="srgb").copy_memory()
    if not has_letters():
        return poster
    bottom = HEIGHT - _MARGIN
    if year is not None:
        line = _text(str(year), 34, "#c9ccd3")
        bottom -= line.height
        poster = _over(poster, line, bottom)
        bottom -= 30
    rule = pyvips.Image.black(72, 5).copy(interpretation="srgb") + [min(255.0, value * 1.5) for value in accent]
    poster = poster.insert(rule.cast("uchar"), _MARGIN, bottom - 5)
    drawable = _drawable(_short(title))
    words = _fitted(drawable) if drawable else None
    return _over(poster, words, bottom - 5 - 36 - words.height) if words else poster


def _over(poster: Any, letters: Any, top: int) -> Any:
    top = max(_MARGIN, top)
    behind = poster.crop(_MARGIN, top, letters.width, letters.height)
    return poster.insert(behind.composite2(letters, "over").flatten(), _MARGIN, top)


def _fitted(title: str) -> Any:
    """The title in the largest letters that leave it in its box; words longer than the box are broken, and what is too much is cut off."""
    width = WIDTH - 2 * _MARGIN
    for size in _SIZES:
        words = _text(title, size, "#ffffff", width)
        if words.height <= _TITLE_HEIGHT and words.width <= width:
            return words
    words = _text(title, _BROKEN_SIZE, "#ffffff", width, wrap="word-char")
    return words.crop(0, 0, min(words.width, width), min(words.height, _TITLE_HEIGHT))


def _text(text: str, size: int, colour: str, width: int = 0, wrap: str = "word") -> Any:
    """The text as letters with their own transparency, wrapped at that many pixels."""
    markup = f'<span foreground="{colour}">{escape(text)}</span>'
    wrapped = {"width": width, "wrap": wrap} if width else {}
    return pyvips.Image.text(markup, font=f"{_FONTS} Bold {size}", dpi=72, rgba=True, **wrapped)


def _short(title: str) -> str:
    """The title in one line of sensible length, of characters that can be drawn."""
    title = " ".join("".join(char if char.isprintable() or char in _JOINERS else " " for char in title).split())
    title = re.sub(r"[\ud800-\udfff]", "", title)
    return title if len(title) <= _MAX_TITLE else title[: _MAX_TITLE - 1].rstrip() + "…"


def _drawable(title: str) -> str:
    """The title without the letters no font here can draw; nothing when that would be most of it."""
    kept = "".join(letter for letter in title if ord(letter) < _LATIN_END or letter in _JOINERS or not _is_box(letter))
    return " ".join(kept.split()) if len(kept.strip(_JOINERS + " ")) * 2 > len(title) else ""


@cache
def has_letters() -> bool:
    """Whether there is a font at all."""
    return not _is_box("W")


@lru_cache(maxsize=1024)
def _is_box(letter: str) -> bool:
    """Whether no font has the letter: then nothing is drawn, or a box with its number in it."""
    unknown = "\ue000" if ord(letter) < 0x10000 else "\U000ff000"
    try:
        drawn, box = (pyvips.Image.text(text, font=f"{_FONTS} 40", dpi=72) for text in (letter, unknown))
    except pyvips.Error:
        return True
    return (drawn.width, drawn.height) == (box.width, box.height) and bool(drawn.crop(0, 0, drawn.width, 1).avg() > _FRAME_LIGHT)
