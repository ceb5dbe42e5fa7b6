"""Files the browser loads: read once, kept in memory with a compressed copy, named by what they contain.

Their address holds one fingerprint of the whole folder, so that a module's relative imports stay inside the same version and a browser may
keep everything for a year.
"""

import asyncio
import gzip
import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Endpoint, get
from revenge.api.keys import COMPILES
from revenge.core.errors import NotFound, StartRefused

FOLDER: Final = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
"""What is served; any other file in the folder is not."""
_ASS_WORKER = "vendor/ass.worker.js"
VENDOR = {
    "vendor/htmx.js", "vendor/hls.mjs", "vendor/hls.worker.js", "vendor/pgs.js", "vendor/pgs.worker.js",
    "vendor/ass.js", _ASS_WORKER, "vendor/ass.wasm", "vendor/ass.plain.wasm", "vendor/ass.woff2",
}  # fmt: skip
"""What `scripts/assets.py` brings; without it no page works."""
_FOREVER = "public, max-age=31536000, immutable"
_IMPORT = re.compile(r"""^import .*?["'](\.[^"']+)["']""", re.MULTILINE)
_SMALL = 600
"""Bytes below which compressing gains nothing."""


class StaticFile(Struct, frozen=True):
    """One file, ready to be sent."""

    content_type: str
    plain: bytes
    packed: bytes | None


class StaticFiles:
    """The folder `web/static`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._names = frozenset(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _TYPES and path.is_file()
        )
        if missing := VENDOR - self._names:
            raise StartRefused(f"The pages lack {min(missing)} in web/static; `make assets` brings it.")
        self._kept: dict[str, StaticFile] = {}
        self.version = _fingerprint(folder, sorted(self._names))

    def endpoints(self) -> list[Endpoint]:
        """The one route of all files, and the icon that browsers ask for by themselves."""
        return [
            get("/static/{version}/{name:.+}", self.send, open="static", hidden=True),
            get("/favicon.ico", self.favicon, open="static", hidden=True),
        ]

    def url(self, name: str) -> str:
        """Return the address of a file; KeyError for one that is not there, so that a template with a wrong name fails its test."""
        if name not in self._names:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    @cache  # noqa: B019 - one object lives as long as the node
    def modules(self, name: str) -> list[str]:
        """Return the addresses of all modules a script imports, however deep, so that the browser can fetch them at once."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            here = waiting.pop()
            for imported in _IMPORT.findall((self._folder / here).read_text("utf-8")):
                there = posixpath.normpath(posixpath.join(posixpath.dirname(here), imported))
                if there not in found:
                    found[there] = None
                    waiting.append(there)
        return [self.url(there) for there in found]

    async def send(self, request: web.Request, version: str, name: str) -> web.Response:
        """A file of the pages."""
        file = await self._file(name)
        request[COMPILES] = name == _ASS_WORKER  # a worker has the policy of its own script
        tag = f'"{self.version}"'
        headers = {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": _FOREVER if version == self.version else "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        body = file.plain
        if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = file.packed, "gzip"
        return web.Response(body=body, headers={**headers, "Content-Type": file.content_type})

    async def favicon(self, request: web.Request) -> web.Response:
        """The icon of a browser's tab."""
        return await self.send(request, "", "favicon.svg")

    async def _file(self, name: str) -> StaticFile:
        if name not in self._names:
            raise NotFound("There is no such file.")
        if name not in self._kept:
            self._kept[name] = await asyncio.to_thread(_read, self._folder / name)
        return self._kept[name]


def _read(path: Path) -> StaticFile:
    plain = path.read_bytes()
    packed = gzip.compress(plain, 9, mtime=0) if len(plain) > _SMALL and path.suffix != ".woff2" else None
    return StaticFile(_TYPES[PurePosixPath(path).suffix], plain, packed)


def _fingerprint(folder: Path, names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:12]
