"""Headers that every answer carries: its request id, and what a browser must not do with it."""

from collections.abc import Awaitable, Callable
from functools import lru_cache

from aiohttp import web

from revenge.api.keys import COMPILES, REQUEST_ID, STARTED
from revenge.api.middleware.cors import Origins, allow
from revenge.api.peer import Trusted, secure_behind

Prepare = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

_HSTS = "max-age=31536000"


@lru_cache(maxsize=16)
def policy(others: tuple[str, ...], compiles: bool) -> str:
    """The content security policy: everything from here, media and calls also from the other nodes, nothing inline, nobody frames us."""
    more = "".join(f" {origin}" for origin in others)
    wasm = " 'wasm-unsafe-eval'" if compiles else ""
    return (
        f"default-src 'self'; script-src 'self'{wasm}; style-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors 'none'; worker-src 'self' blob:; img-src 'self' data: blob:{more}; "
        f"media-src 'self' blob:{more}; connect-src 'self'{more}"
    )


def dress(others: Origins, proxies: Trusted) -> Prepare:
    """Return the signal handler that puts the headers on every answer, streams included."""
    fixed = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",  # not no-referrer: browsers would then hide the origin of our own forms
        "Cross-Origin-Opener-Policy": "same-origin",
    }

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        request[STARTED] = True
        headers = response.headers
        headers["Server"] = "Revenge"  # aiohttp has put its own name and version there
        headers["X-Request-Id"] = request.get(REQUEST_ID, "-")
        for name, value in fixed.items():
            headers.setdefault(name, value)
        known = tuple(others())
        headers["Content-Security-Policy"] = policy(known, request.get(COMPILES, False))
        if known:
            allow(request, headers, known)
        if secure_behind(request, proxies):
            headers.setdefault("Strict-Transport-Security", _HSTS)

    return prepare
