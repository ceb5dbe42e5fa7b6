"""The message catalogue: every word a person reads, in English and German.

`locales/<language>.json` maps keys to sentences. `{name}` in a sentence is a place to fill; a sentence that depends on a
count is an object of plural forms (`one`, `other`) and is filled with `count`.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

Sentence: TypeAlias = str | Mapping[str, str]

FOLDER = Path(__file__).parent / "locales"
FALLBACK = "en"


class Words:
    """The sentences of one language."""

    def __init__(self, language: str, sentences: Mapping[str, Sentence]) -> None:
        self.language = language
        self._sentences = sentences

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence with its places filled; a key without a sentence is returned as it is."""
        sentence = self._sentences.get(key, key)
        if not isinstance(sentence, str):
            sentence = sentence["one" if values.get("count") == 1 else "other"]
        return sentence.format_map({name: self._written(value) for name, value in values.items()}) if values else sentence

    def __contains__(self, key: str) -> bool:
        return key in self._sentences

    def first(self, *keys: str) -> str | None:
        """Return the sentence of the first key that has one."""
        return next((self(key) for key in keys if key in self), None)

    def group(self, prefixes: Iterable[str]) -> dict[str, Sentence]:
        """Return the sentences whose keys start with one of the prefixes: what a page's scripts are given."""
        starts = tuple(prefixes)
        return {key: sentence for key, sentence in self._sentences.items() if key.startswith(starts)}

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number the way the language does: 12,345.6 or 12.345,6."""
        text = f"{value:,.{digits}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "de" else text

    def _written(self, value: object) -> object:
        return self.number(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Catalogue:
    """All languages."""

    def __init__(self, languages: Mapping[str, Words]) -> None:
        self.languages = languages

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Catalogue":
        """Read every language's file; a sentence that one lacks is English there."""
        files = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
        return cls({language: Words(language, {**files[FALLBACK], **sentences}) for language, sentences in files.items()})

    def choose(self, *wishes: str | None, accept: str = "") -> Words:
        """Return the first language that is wished for and known: explicit tags first, then an Accept-Language header, then English."""
        for wish in (*wishes, *_ranked(accept)):
            words = self.languages.get((wish or "").partition("-")[0].lower())
            if words is not None:
                return words
        return self.languages[FALLBACK]


def _ranked(accept: str) -> list[str]:
    """Tags of an Accept-Language header, the dearest first; what cannot be read is left out."""
    weighed: list[tuple[float, int, str]] = []
    for part in accept[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), len(weighed), tag))
        except ValueError:
            continue
    return [tag for weight, _, tag in sorted(weighed) if weight < 0]
