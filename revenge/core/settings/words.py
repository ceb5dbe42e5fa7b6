"""Kinds of values that settings have beyond text and numbers."""

import re
from typing import ClassVar, Self

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z/]*)")
_SIZES = {"": 1, "b": 1} | {
    f"{letter}{suffix}": base**power for power, letter in enumerate("kmgt", 1) for suffix, base in (("", 1000), ("b", 1000), ("ib", 1024))
}
_RATES = {"": 1, "bps": 1, "bit/s": 1} | {
    f"{letter}{suffix}": 1000**power for power, letter in enumerate("kmgt", 1) for suffix in ("bps", "bit/s")
}


class Secret:
    """A text that is never shown: printing, formatting and logging it give `********`; `reveal()` gives the text."""

    __slots__ = ("_text",)
    expected: ClassVar[str] = "text"

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def read(cls, raw: object) -> Self:
        """The secret that was written; TypeError for anything but text."""
        if not isinstance(raw, str):
            raise TypeError(cls.expected)
        return cls(raw)

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "********"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class Duration(float):
    """A length of time, in seconds, so that it can be handed to a timeout as it is; written `90s`, `15m`, `1h30m`."""

    expected: ClassVar[str] = "a duration such as 500ms, 90s, 15m, 1h30m or 7d"

    @classmethod
    def read(cls, raw: object) -> Self:
        """The duration that was written; a bare number means seconds. ValueError for anything else."""
        if isinstance(raw, int | float) and not isinstance(raw, bool) and raw >= 0:
            return cls(raw)
        text = str(raw).replace(" ", "") if isinstance(raw, str) else ""
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return cls(text)
        parts = _PART.findall(text)
        if not parts or "".join(map("".join, parts)) != text:
            raise ValueError(cls.expected)
        return cls(sum(float(number) * _SECONDS[unit] for number, unit in parts))

    def __str__(self) -> str:
        """As a person would write it: `1h30m`."""
        rest, text = round(self * 1000), ""
        for unit, milliseconds in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
            count, rest = divmod(rest, milliseconds)
            text += f"{count}{unit}" if count else ""
        return text or "0s"


class ByteSize(int):
    """An amount of bytes; written `500MB` (decimal) or `2GiB` (binary)."""

    expected: ClassVar[str] = "a size such as 500MB or 2GiB"

    @classmethod
    def read(cls, raw: object) -> Self:
        """The size that was written; a bare number means bytes. ValueError for anything else."""
        return cls(_amount(raw, _SIZES, cls.expected))

    def __str__(self) -> str:
        """As a person would write it: `2GiB`, `500MB`."""
        for unit in ("TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "KB"):
            if self and self % _SIZES[unit.lower()] == 0:
                return f"{int(self) // _SIZES[unit.lower()]}{unit}"
        return f"{int(self)}B"


class Bandwidth(int):
    """A rate of data, in bit/s; written `100Mbps`."""

    expected: ClassVar[str] = "a bandwidth such as 800kbps, 100Mbps or 2.5Gbps"

    @classmethod
    def read(cls, raw: object) -> Self:
        """The rate that was written; a bare number means bit/s. ValueError for anything else, and for nothing at all."""
        rate = _amount(raw, _RATES, cls.expected)
        if rate < 1:
            raise ValueError(cls.expected)
        return cls(rate)

    @property
    def bytes_per_second(self) -> int:
        """The same rate in bytes per second."""
        return int(self) // 8

    def __str__(self) -> str:
        """As a person would write it: `100Mbps`."""
        for unit in ("Tbps", "Gbps", "Mbps", "kbps"):
            if self % _RATES[unit.lower()] == 0:
                return f"{int(self) // _RATES[unit.lower()]}{unit}"
        return f"{int(self)}bps"


def _amount(raw: object, units: dict[str, int], expected: str) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return raw
    match = _AMOUNT.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if not match or match[2].lower() not in units:
        raise ValueError(expected)
    return round(float(match[1]) * units[match[2].lower()])
