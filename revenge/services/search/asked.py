"""What somebody asks for, taken apart: the words, and the year among them."""

import re

from msgspec import Struct

_YEAR = re.compile(r"(?<!\w)\(?(18[789]\d|19\d\d|2[01]\d\d)\)?(?!\w)")
"""A year as it stands beside a title: `1999`, `(1999)`."""
_WORD = re.compile(r"\w+")


class Asked(Struct, frozen=True):
    """What is looked for. A number such as 2049 may be a year or a part of the title, so it is both."""

    words: str
    """Everything."""
    year: int | None = None
    bare: str | None = None
    """The words without the year; None where there is no year."""


def asked(text: str) -> Asked:
    """Return what a text asks for; of several years it is the last one, since people write it behind the title."""
    words = text.strip()
    years = list(_YEAR.finditer(words))
    if not years:
        return Asked(words)
    last = years[-1]
    return Asked(words, int(last[1]), " ".join(f"{words[: last.start()]} {words[last.end() :]}".split()))


def beginnings(text: str) -> str:
    """Return the text as a query of PostgreSQL: all the words, each perhaps unfinished."""
    return " & ".join(f"{word}:*" for word in _WORD.findall(text.lower()))
