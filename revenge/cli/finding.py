"""What the doctor says about a part."""

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One part and how it is. `weak`: it works, but not as well as it could. The sentence says what to do."""

    part: str
    state: Literal["fine", "weak", "broken"]
    sentence: str


def fine(part: str, sentence: str) -> Finding:
    """All is as it should be."""
    return Finding(part, "fine", sentence)


def weak(part: str, sentence: str) -> Finding:
    """It works, with something missing."""
    return Finding(part, "weak", sentence)


def broken(part: str, sentence: str) -> Finding:
    """It does not work."""
    return Finding(part, "broken", sentence)
