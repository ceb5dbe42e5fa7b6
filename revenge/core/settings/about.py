"""What is said about a setting where it is declared: one sentence, and what a value must be."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from msgspec import Meta

Check = Callable[[Any], bool]


def about(
    sentence: str,
    *,
    expected: str = "",
    check: Check | None = None,
    live: bool = False,
    made: Callable[[], str] | None = None,
    ge: int | None = None,
    le: int | None = None,
) -> Meta:
    """Describe a field.

    `port: Annotated[int, about("HTTP port.", ge=0, le=65535)] = 8080`

    `check` looks at the converted value (of a Secret: at its text) and `expected` says in words what passes. `live` values may change while the
    node runs. `made` generates a secret on the embedded default when none is given.
    """
    return Meta(description=sentence, ge=ge, le=le, extra={"expected": expected, "check": check, "live": live, "made": made})


def url_of(*schemes: str) -> Check:
    """Return a check that a text is a URL of one of the schemes that names a host or, for sockets, a path."""

    def check(text: str) -> bool:
        try:
            url = urlsplit(text)
            _ = url.port
        except ValueError:
            return False
        return url.scheme in schemes and bool(url.hostname or url.path.strip("/") or url.query)

    return check


def http_url(sentence: str) -> Meta:
    """Describe a field that holds the address of a web service."""
    return about(sentence, expected="a URL such as http://host:7878", check=url_of("http", "https"))


def at_least(length: int) -> Check:
    """Return a check that a text has that many characters or more."""
    return lambda text: len(text) >= length


def is_address(text: str) -> bool:
    """Whether a text is `host:port`, the port being 1 to 65535."""
    host, colon, port = text.rpartition(":")
    return bool(host and colon) and port.isascii() and port.isdigit() and 0 < int(port) < 65536
