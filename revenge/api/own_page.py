"""Whether a write at an open door (sign-in, setup) comes from a page of ours. Browsers say it; programs say nothing, and may.

Without this, a foreign page could sign its visitor in here under an account of its own, and see what they watch from then on.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from aiohttp import web

from revenge.core.errors import Forbidden

PUBLIC_URL = web.AppKey("public_url", str)
_OWN = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says of our own pages, and of what a person typed. `same-site` is another program on this machine."""
_PORTS = {"http": 80, "https": 443}


def refuse_foreign_form(request: web.Request) -> None:
    """Forbidden when a browser says that another site's page sends this.

    `Sec-Fetch-Site` comes over TLS and from this machine only; `Origin` comes with every write of every browser. Names that proxies
    forward count whoever forwards them: no page can make a browser send them.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    own = site in _OWN if site is not None else origin is None or _is_ours(origin, request)
    if not own:
        raise Forbidden(
            "Another site's page sent this; do it on our own page. Behind a proxy that hides the address, set server.public_url.",
            code="foreign_page",
        )


def _is_ours(origin: str, request: web.Request) -> bool:
    place = _place(origin)
    return place is not None and any(_place(url) == place for url in _addresses(request, origin.partition(":")[0]))


def _addresses(request: web.Request, scheme: str) -> Iterator[str]:
    """Under which addresses the browser may know this node."""
    forwarded = request.headers.get("X-Forwarded-Host", "").rpartition(",")[2].strip()
    for host in (request.host, forwarded, *(hop.get("host", "") for hop in request.forwarded)):
        if host:
            yield f"{scheme}://{host}"
    yield request.config_dict.get(PUBLIC_URL, "")


def _place(url: str) -> tuple[str, int | None] | None:
    """Host and port of an address; None for one that has none, such as the origin `null`."""
    try:
        parts = urlsplit(url)
        return (parts.hostname, parts.port or _PORTS.get(parts.scheme)) if parts.hostname else None
    except ValueError:
        return None
