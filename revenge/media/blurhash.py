"""BlurHash: a picture in 28 letters, shown until the real one has come. Runs in the image children."""

import numpy as np
from numpy.typing import NDArray

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def encode(pixels: NDArray[np.uint8], across: int = 4, down: int = 3) -> str:
    """The hash of an sRGB picture (height, width, 3) with that many waves across and down. Give it a tiny one: 32 pixels are plenty."""
    height, width, _ = pixels.shape
    linear = _LINEAR[pixels]
    x_waves = np.cos(np.pi * np.outer(np.arange(across), np.arange(width)) / width)
    y_waves = np.cos(np.pi * np.outer(np.arange(down), np.arange(height)) / height)
    factors = np.einsum("yh,xw,hwc->yxc", y_waves, x_waves, linear, optimize=True).reshape(-1, 3) * 2 / (width * height)
    average, rest = factors[0] / 2, factors[1:]
    strongest = min(82, max(0, int(np.abs(rest).max(initial=0) * 166 - 0.5)))
    scaled = rest / ((strongest + 1) / 166)
    waves = np.clip(np.floor(np.sign(scaled) * np.sqrt(np.abs(scaled)) * 9 + 9.5), 0, 18).astype(int)
    red, green, blue = (_srgb(value) for value in average)
    letters = [_letters(across - 1 + (down - 1) * 9, 1), _letters(strongest, 1), _letters(red << 16 | green << 8 | blue, 4)]
    letters += [_letters(int(r) * 361 + int(g) * 19 + int(b), 2) for r, g, b in waves]
    return "".join(letters)


def _linear(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear(np.arange(256) / 255)
"""Light behind each of the 256 sRGB values."""


def _srgb(light: float) -> int:
    light = min(1.0, max(0.0, float(light)))
    return int((light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _letters(value: int, length: int) -> str:
    return "".join(_ALPHABET[value // 83 ** (length - 1 - place) % 83] for place in range(length))
