"""What must not be read in a log."""

import re
from collections.abc import Iterable

import msgspec

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
_SHORTEST = 8
"""A known secret shorter than this is not looked for: it would be found inside innocent words."""
_TICKET = r"/(?:media|images|events)/[a-z0-9_-]{64}"
_WORDS = (re.escape(word) for words, _, _ in _PATTERNS[1:] for word in words)
_SUSPECT = re.compile("|".join((_TICKET, *_WORDS)))
"""One question, in lower case, for the many lines that hold none of it: a ticket rather than its word alone, since every segment's line has that."""


class Masker:
    """Hides credentials in texts: headers, tickets in paths, passwords in URLs, and the secrets given."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)
        self._written = tuple({*self._known, *(msgspec.json.encode(secret)[1:-1].decode() for secret in self._known)})
        """The secrets as they are, and as they stand inside a JSON string."""

    def suspects(self, text: str) -> bool:
        """Whether anything in the text, which may be JSON, could have to be hidden."""
        return any(secret in text for secret in self._written) or _SUSPECT.search(text.lower()) is not None

    def __call__(self, text: str) -> str:
        """Return the text with what must not be read replaced."""
        if not self.suspects(text):
            return text
        for secret in self._known:
            text = text.replace(secret, _MASK)
        low = text.lower()
        for words, pattern, put in _PATTERNS:
            if any(word in low for word in words):
                text = pattern.sub(put, text)
        return text
