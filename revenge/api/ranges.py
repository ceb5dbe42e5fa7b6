"""Which bytes were asked for: the `Range` header as RFC 9110 section 14 means it."""

import re

from msgspec import Struct

_MOST = 32
"""Ranges in one request; a header with more is ignored, since it costs more than it is worth."""
_ONE = re.compile(r"([0-9]*)-([0-9]*)")
_DIGITS = 18
"""A longer number is beyond any file."""


class Unsatisfiable(Exception):
    """The header is well formed and names no byte that exists: 416."""


class Span(Struct, frozen=True):
    """Bytes `start` to `end`, both included, as `Content-Range` counts them."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.end - self.start + 1

    def content_range(self, size: int) -> str:
        """Value of the `Content-Range` header in a thing of `size` bytes."""
        return f"bytes {self.start}-{self.end}/{size}"


def parse(header: str | None, size: int) -> list[Span] | None:
    """Return the spans asked for, or None when the whole is to be sent: no header, another unit, or one that cannot be read.

    Raises Unsatisfiable when every range lies outside. Ranges that together are more than the whole are answered with the whole.
    """
    if header is None:
        return None
    unit, _, listed = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    texts = [text.strip() for text in listed.split(",") if text.strip()]
    asked = [_read(text) for text in texts]
    if not asked or len(asked) > _MOST or None in asked:
        return None
    if size == 0 and all(start is None and last for start, last in filter(None, asked)):
        return None  # the last bytes of an empty file: all of it
    spans = [span for span in (_place(*one, size) for one in asked if one) if span is not None]
    if not spans:
        raise Unsatisfiable
    if len(spans) > 1 and sum(span.length for span in spans) > size:
        return None  # overlaps: the whole is cheaper for both sides
    return spans


def _read(text: str) -> tuple[int | None, int | None] | None:
    """First and last byte of `2-4`, `5-` or `-3` (then the first is None and the last counts from the end); None for what is no range."""
    found = _ONE.fullmatch(text)
    if found is None or text == "-":
        return None
    start, end = (int(digits[:_DIGITS].ljust(min(len(digits), _DIGITS + 1), "9")) if digits else None for digits in found.groups())
    if start is not None and end is not None and end < start:
        return None
    return start, end


def _place(start: int | None, end: int | None, size: int) -> Span | None:
    """Lay a range on `size` bytes; None where it touches none of them."""
    if start is None:
        length = min(end or 0, size)
        return Span(size - length, size - 1) if length else None
    if start >= size:
        return None
    return Span(start, size - 1 if end is None else min(end, size - 1))
