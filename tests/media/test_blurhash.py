"""The letters that stand for a picture, against values of the reference implementation."""

import math

import numpy as np
import pytest

from revenge.media.blurhash import encode

_ROWS, _COLUMNS = np.mgrid[0:32, 0:24]
_RAMP = np.stack([_COLUMNS * 10, _ROWS * 7, (_COLUMNS + _ROWS) * 4], -1).astype(np.uint8)
_CHECKS = np.where(((_COLUMNS // 6 + _ROWS // 8) % 2)[..., None] == 0, np.array([250, 20, 60]), np.array([10, 200, 240])).astype(np.uint8)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


@pytest.mark.parametrize(
    ("pixels", "known"),
    [
        (np.zeros((12, 8, 3), np.uint8), "L00000fQfQfQfQfQfQfQfQfQfQfQ"),
        (np.full((12, 8, 3), 255, np.uint8), "LfTSUA~qfQ~q?bt7fQt7fQfQfQfQ"),
        (_RAMP, "LoF=s=2lwybam9WGjue:gLfkfQfj"),
        (_CHECKS, "LKLC[G%3fQ%3xb:jfQ_$fQfQfQfQ"),
    ],
    ids=["black", "white", "ramp", "checks"],
)
def test_a_picture_gets_the_letters_every_other_program_gives_it(pixels, known):
    assert encode(pixels) == known


def test_the_letters_give_the_picture_back_in_rough():
    shown = _decoded(encode(_RAMP), 24, 32)
    assert np.abs(shown - _RAMP).mean() < 22


def test_one_wave_is_the_average_colour():
    assert encode(np.full((4, 4, 3), (200, 100, 50), np.uint8), 1, 1) == "00" + _base83(200 << 16 | 100 << 8 | 50, 4)


def _base83(value: int, length: int) -> str:
    return "".join(_LETTERS[value // 83 ** (length - 1 - place) % 83] for place in range(length))


def _decoded(text: str, width: int, height: int) -> np.ndarray:
    """The picture that the letters stand for, by the published formula."""

    def number(letters: str) -> int:
        value = 0
        for letter in letters:
            value = value * 83 + _LETTERS.index(letter)
        return value

    def light(value: int) -> float:
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    _, across = divmod(number(text[0]), 9)
    strongest = (number(text[1]) + 1) / 166
    average = number(text[2:6])
    colours = [[light(average >> 16), light(average >> 8 & 255), light(average & 255)]]
    for place in range(6, len(text), 2):
        value = number(text[place : place + 2])
        parts = (value // 361, value // 19 % 19, value % 19)
        colours.append([math.copysign(((part - 9) / 9) ** 2, part - 9) * strongest for part in parts])
    picture = np.zeros((height, width, 3))
    for index, colour in enumerate(colours):
        y, x = divmod(index, across + 1)
        wave = np.outer(np.cos(np.pi * y * np.arange(height) / height), np.cos(np.pi * x * np.arange(width) / width))
        picture += wave[..., None] * np.array(colour)
    picture = picture.clip(0, 1)
    return np.where(picture <= 0.0031308, picture * 12.92, 1.055 * picture ** (1 / 2.4) - 0.055) * 255
