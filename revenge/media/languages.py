"""Languages as containers and as playlists name them."""

_SHORT = {
    "alb": "sq", "ara": "ar", "arm": "hy", "baq": "eu", "bel": "be", "ben": "bn", "bos": "bs", "bul": "bg", "bur": "my", "cat": "ca",
    "ces": "cs", "chi": "zh", "cym": "cy", "cze": "cs", "dan": "da", "deu": "de", "dut": "nl", "ell": "el", "eng": "en", "est": "et",
    "eus": "eu", "fao": "fo", "fas": "fa", "fin": "fi", "fra": "fr", "fre": "fr", "geo": "ka", "ger": "de", "gle": "ga", "glg": "gl",
    "gre": "el", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "hye": "hy", "ice": "is", "ind": "id", "isl": "is", "ita": "it",
    "jpn": "ja", "kan": "kn", "kat": "ka", "kaz": "kk", "kor": "ko", "lat": "la", "lav": "lv", "lit": "lt", "ltz": "lb", "mac": "mk",
    "mal": "ml", "mar": "mr", "may": "ms", "mkd": "mk", "mon": "mn", "msa": "ms", "mya": "my", "nep": "ne", "nld": "nl", "nno": "nn",
    "nob": "nb", "nor": "no", "pan": "pa", "per": "fa", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "slk": "sk",
    "slo": "sk", "slv": "sl", "spa": "es", "sqi": "sq", "srp": "sr", "swe": "sv", "tam": "ta", "tel": "te", "tha": "th", "tur": "tr",
    "ukr": "uk", "urd": "ur", "uzb": "uz", "vie": "vi", "wel": "cy", "zho": "zh",
}  # fmt: skip
_KNOWN = frozenset(_SHORT.values())


def tag(language: str | None) -> str | None:
    """The BCP 47 tag of a container's language (`ger` → `de`); one that has no short form stays as it is."""
    return _SHORT.get(language, language) if language else None


def recognise(word: str) -> str | None:
    """The tag that a word in a file name stands for (`de`, `ger`, `deu`, `pt-BR`), or None when it is no language."""
    base, _, region = word.lower().replace("_", "-").partition("-")
    short = _SHORT.get(base, base if base in _KNOWN else None)
    if short is None or (region and not (len(region) in (2, 4) and region.isalpha())):
        return None
    return f"{short}-{region.upper() if len(region) == 2 else region.capitalize()}" if region else short
