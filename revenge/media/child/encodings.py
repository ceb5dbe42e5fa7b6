# ruff: noqa: RUF001 - letters of many languages stand here, and mean themselves
"""What a text was written in, where it does not say so itself: subtitle files are as old as their programs."""

import codecs
from collections.abc import Sequence

from charset_normalizer import from_bytes

_CYRILLIC, _CENTRAL, _WESTERN, _BALTIC = ("cp1251", "koi8_r", "cp866"), ("cp1250",), ("cp1252",), ("cp1257",)
_OF_LANGUAGE: dict[str, Sequence[str]] = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "kk", "mn"), _CYRILLIC),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "sl", "hr", "bs", "ro", "sq"), _CENTRAL),
    **dict.fromkeys(("de", "fr", "es", "it", "pt", "nl", "en", "sv", "da", "nb", "nn", "no", "fi", "is", "ca", "eu", "gl", "ga"), _WESTERN),
    **dict.fromkeys(("et", "lv", "lt"), _BALTIC),
    "el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "fa": ("cp1256",), "vi": ("cp1258",), "th": ("cp874",),
    "zh": ("gb18030", "big5"), "ja": ("cp932", "euc_jp"), "ko": ("cp949",),
}  # fmt: skip
"""The encodings that Windows and its forerunners wrote a language in; a file's name often says the language."""
_ALL = tuple(dict.fromkeys(name for names in _OF_LANGUAGE.values() for name in names))
_WESTERN_LETTERS = frozenset("äöüßÄÖÜàâçéèêëîïôœùûÿÀÂÇÉÈÊËÎÏÔŒÙÛñÑáíóúÁÍÓÚìòåæøÅÆØãõÃÕ¿¡«»…–—‘’“”„‚·°€£©®ªº½¼´")
_TURKISH = frozenset(b"\xf0\xfd\xfe")
"""The bytes of `ğ`, `ı` and `ş`; Icelandic has them for `ð`, `ý` and `þ`, and beside them those of `á` and `æ`."""
_ICELANDIC = frozenset(b"\xe1\xe6")
_HEBREW, _NOT_HEBREW = frozenset(range(0xE0, 0xFB)), frozenset([*range(0xC0, 0xE0), *range(0xFB, 0x100)])
"""Where cp1255 has its letters, and where cp1251 has more of them: what stands in the first alone is no Russian."""
for _name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", *_ALL):
    codecs.lookup(_name)  # nothing can be imported once the doors are locked


def decoded(data: bytes, language: str | None = None) -> str:
    """The text, whatever it was written in; `language` is a BCP 47 tag, where one is known. What fits nowhere becomes replacement marks."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[1:2] == b"\0" or data[:1] == b"\0":
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(encoding_of(data, language), "replace")


def encoding_of(data: bytes, language: str | None = None) -> str:
    """The encoding of a text that is no Unicode: one of its language's, else what its letters look like."""
    likely = _OF_LANGUAGE.get((language or "").partition("-")[0], ())
    fitting = [name for name in likely if _fits(data, name)]
    if len(fitting) == 1:
        return fitting[0]
    telling = b"\n".join(line for line in data.splitlines() if not line.isascii())
    best = from_bytes(telling, cp_isolation=list(fitting or _ALL)).best()
    if fitting:
        return best.encoding if best is not None else fitting[0]
    return _second_look(frozenset(telling) & frozenset(range(0x80, 0x100)), telling, best.encoding if best is not None else "cp1252")


def _second_look(used: frozenset[int], telling: bytes, guess: str) -> str:
    """The guess, unless its letters say better which of its neighbours it is."""
    if guess == "cp1251" and used & _HEBREW and not used & _NOT_HEBREW:
        return "cp1255"
    if guess not in ("cp1250", "cp1252", "cp1254", "cp1257"):
        return guess
    if used >= _TURKISH:
        return "cp1252" if used & _ICELANDIC else "cp1254"
    letters = {letter for letter in telling.decode("cp1252", "replace") if not letter.isascii()}
    return "cp1252" if letters <= _WESTERN_LETTERS else guess


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
