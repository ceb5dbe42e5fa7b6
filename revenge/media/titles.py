"""Titles as they are shelved and as they are compared."""

import re
import unicodedata

_ARTICLE = re.compile(r"(?:the|an|der|das|ein|eine|a(?!\.))\s+(?=\S)", re.IGNORECASE)
_DIE = re.compile(r"die\s+(?!(?:hard|another|alone|by|for|in|like|my|of|or|strong|to|tomorrow|trying|with|young)\b)(?=\S)", re.IGNORECASE)
"""German `Die Welle` stands under W, English `Die Hard` under D."""
_QUOTES = re.compile("[()\\[\\]\"'`\u2018-\u201f\u00ab\u00bb]")
_LEADING = re.compile(r"^\W+(?=\w)")
_NUMBER = re.compile(r"\d+")
_TRAILING_ARTICLE = re.compile(r"(?P<rest>.+), (?P<article>The|A|An|Der|Die|Das)", re.IGNORECASE)


def title_sort(title: str) -> str:
    """The title as it is shelved: `The Thing` under `thing`, `Ärger` beside `arger`, `Rocky 2` before `Rocky 10`."""
    folded = _plain(title)
    folded = _LEADING.sub("", _QUOTES.sub("", folded))
    for article in (_ARTICLE, _DIE):
        if found := article.match(folded):
            folded = folded[found.end() :]
            break
    return " ".join(_NUMBER.sub(lambda digits: digits[0].zfill(6), folded).split())


def match_key(title: str, year: int | None) -> str:
    """A key that is the same for every spelling of one film, so that its versions find each other.

    Case, accents, punctuation and `&` do not count; the year does.
    """
    folded = _plain(title.replace("&", " and "))
    letters = "".join(filter(str.isalnum, folded))
    return f"{letters or folded.strip()}:{year or ''}"


def straightened(title: str) -> str:
    """`Matrix, The` as it is spoken: `The Matrix`."""
    found = _TRAILING_ARTICLE.fullmatch(title)
    return f"{found['article']} {found['rest']}" if found else title


def _plain(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():  # most are, and a scan asks several times of every name
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
