"""Conditions on what is asked for: `If-Match`, `If-None-Match`, dates, `If-Range` (RFC 9110 section 13)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from aiohttp import web
from msgspec import Struct

_TAG = re.compile(r'(W/)?"([^"]*)"')


class Version(Struct, frozen=True):
    """Which bytes a thing has now."""

    etag: str
    """With its quotes, as sent: `"5f3-1a2b"`; `W/"…"` for a weak one."""
    modified: int
    """Unix seconds of the last change."""

    def headers(self) -> dict[str, str]:
        """The headers that tell a client which version it gets."""
        return {"ETag": self.etag, "Last-Modified": http_date(self.modified)}

    @property
    def strong(self) -> bool:
        """Whether the same tag means the same bytes."""
        return not self.etag.startswith("W/")


@lru_cache(1024)
def http_date(seconds: int) -> str:
    """The time as headers write it; remembered, since a player asks for the same file hundreds of times."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def fails(request: web.BaseRequest, version: Version) -> bool:
    """Whether the client wants another version than this one: answer 412."""
    headers = request.headers
    if (wanted := headers.get("If-Match")) is not None:
        return not _matches(wanted, version, weak=False)
    since = _date(headers.get("If-Unmodified-Since"))
    return since is not None and version.modified > since


def is_known(request: web.BaseRequest, version: Version) -> bool:
    """Whether the client has this version already: answer 304 (asked for GET and HEAD only)."""
    headers = request.headers
    if (known := headers.get("If-None-Match")) is not None:
        return _matches(known, version, weak=True)
    since = _date(headers.get("If-Modified-Since"))
    return since is not None and version.modified <= since


def ranges_hold(request: web.BaseRequest, version: Version) -> bool:
    """Whether the ranges may be cut from this version: a client with parts of another one must get the whole."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if '"' in condition:
        return version.strong and condition.strip() == version.etag
    return _date(condition) == version.modified  # a date is compared for equality, not for age


def _matches(header: str, version: Version, *, weak: bool) -> bool:
    if header.strip() == "*":
        return True
    if not weak and not version.strong:
        return False
    mine = version.etag.removeprefix("W/").strip('"')
    return any(tag == mine and (weak or not mark) for mark, tag in _TAG.findall(header))


def _date(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError):
        return None  # a date that cannot be read counts as not given
