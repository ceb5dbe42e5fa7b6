"""What must not be read in a log."""

import re
from collections.abc import Callable, Iterable

_MASK = "***"
_PATTERNS = [
    (("/media/", "/images/", "/events/"), re.compile(r"/(media|images|events)/[A-Za-z0-9_-]{64,}=*", re.IGNORECASE), rf"/\1/{_MASK}"),
    (("authorization",), re.compile(r"(authorization['\"]?\s*[=:]\s*['\"]?)[^'\",;\r\n]+", re.IGNORECASE), rf"\1{_MASK}"),
    (("bearer ", "basic "), re.compile(r"\b(Bearer|Basic) [A-Za-z0-9._~+/-]{8,}=*", re.IGNORECASE), rf"\1 {_MASK}"),
    (("eyj",), re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), _MASK),
    (("://",), re.compile(r"(://[^/@\s:]*):[^/@\s]+@"), rf"\1:{_MASK}@"),
    (
        ("passw", "secret", "key", "token", "cookie", "revenge_session"),
        re.compile(
            r"((?:password|passwd|secret|api[_-]?key|token|cookie|revenge_session)['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&}\])]+", re.IGNORECASE
        ),
        rf"\1{_MASK}",
    ),
]
"""Words one of which must be there, in lower case, what to look for then, and what to put: most lines hold none of the words, and they are quick to ask."""
_SUSPECT = re.compile("|".join(re.escape(word) for words, _, _ in _PATTERNS for word in words))
"""Any of the words: one question for the many texts that hold none."""
_SHORTEST = 8
"""A known secret shorter than this is not looked for: it would be found inside innocent words."""


_WORDS = [word for words, _, _ in _PATTERNS for word in words]


def masker(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """Return a function that hides credentials in a text: headers, tickets in paths, passwords in URLs, and the secrets given."""
    known = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)

    def mask(text: str) -> str:
        for secret in known:
            text = text.replace(secret, _MASK)
        low = text.lower()
        if _SUSPECT.search(low) is None:
            return text
        for words, pattern, put in _PATTERNS:
            if any(word in low for word in words):
                text = pattern.sub(put, text)
        return text

    return mask
