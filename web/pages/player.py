"""The page on which something plays."""

from typing import Any
from uuid import UUID

from aiohttp import web
from msgspec import Struct, to_builtins

from revenge.api.endpoint import Endpoint, get
from revenge.api.keys import COMPILES
from revenge.content.movie.entity import MovieDetails, MovieFile
from revenge.core.caller import Caller
from revenge.core.errors import absent
from web.context import Rooms
from web.formats import Formats, codec, container
from web.render import Renderer, image

_VENDOR = {
    "hls": "hls.mjs", "worker": "hls.worker.js", "pgs": "pgs.js", "pgs_worker": "pgs.worker.js",
    "ass": "ass.js", "ass_worker": "ass.worker.js", "ass_wasm": "ass.wasm", "ass_plain_wasm": "ass.plain.wasm", "ass_font": "ass.woff2",
}  # fmt: skip


class Which(Struct, frozen=True):
    """Which version to play; the server chooses when none is named."""

    file: UUID | None = None


class PlayerPages:
    """The player. It asks the API for a session itself, since only the browser knows what it can play."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.films = rooms.films
        self.tastes = rooms.tastes

    def endpoints(self) -> list[Endpoint]:
        """Return the declaration."""
        return [get("/watch/{kind}/{id}", self.show, may="playback:use", page=True)]

    async def show(self, request: web.Request, kind: str, id: UUID, query: Which, caller: Caller) -> web.Response:
        """The player with one item in it."""
        if kind != "movie":
            absent(kind, id)
        film = await self.films.get(id, caller)
        words = await self.renderer.words(request, caller)
        request[COMPILES] = True  # what draws subtitles with a look of their own
        values = {
            "title": film.title,
            "subtitle": film.year,
            "poster": image(film.backdrop.url, 1280) if film.backdrop else None,
            "back": f"/movies/{film.id}",
            "job": self._job(film, query, Formats(words)) | {"taste": to_builtins(await self.tastes.of(caller))},
        }
        return await self.renderer.page(request, "pages/player.html", caller, values, script_words=("player.", "reason."), words=words)

    def _job(self, film: MovieDetails, query: Which, fmt: Formats) -> dict[str, Any]:
        """What the player's script needs to know."""
        return {
            "item": {"kind": "movie", "id": str(film.id)},
            "file_id": str(query.file) if query.file else None,
            "title": film.title,
            "back": f"/movies/{film.id}",
            "artwork": image(film.poster.url, 342) if film.poster else None,
            "files": {str(file.id): _file(file, fmt) for file in film.files},
            "vendor": {name: self.renderer.static.url(f"vendor/{file}") for name, file in _VENDOR.items()},
        }


def _file(file: MovieFile, fmt: Formats) -> dict[str, Any]:
    words = fmt.words
    facts = [
        (words("film.file"), container(file.container) if file.container else ""),
        (words("film.video"), codec(file.video.codec) if file.video else ""),
        (words("film.rate"), fmt.rate(file.bit_rate)),
    ]
    return {
        "facts": [fact for fact in facts if fact[1]],
        "frame_rate": file.video.frame_rate if file.video else None,
        "audio": [
            {
                "index": track.index,
                "language": track.language,
                "default": track.default,
                "label": " · ".join(filter(None, (fmt.language(track.language), track.title))),
                "note": fmt.audio(track).partition(" · ")[0],
            }
            for track in file.audio
        ],
    }
