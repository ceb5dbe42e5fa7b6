"""The shelf of films, and one film."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.content.movie.entity import MovieDetails, MovieFile, MovieQuery
from revenge.core.caller import Caller
from revenge.core.page import PageQuery
from revenge.services.playback.entity import NowPlaying
from web.context import Rooms
from web.formats import Formats, badges
from web.pages.playing import screen_name
from web.render import Renderer, is_fragment

SORTS = ("title", "-added_at", "-year", "year")
_CAST = 8
_SCREENS = 50
"""Viewings looked through for the caller's own."""


class FilmPages:
    """Films."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.rooms = rooms

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/movies", self.shelf, may="movies:read", page=True),
            get("/movies/{id}", self.show, may="movies:read", page=True),
        ]

    async def shelf(self, request: web.Request, query: MovieQuery, caller: Caller) -> web.Response:
        """The grid of films; with a cursor and from htmx, its next stretch alone."""
        page = await self.rooms.films.page(query, caller)
        values: dict[str, object] = {"films": page.items, "more": _more(query, page.next)}
        if query.cursor and is_fragment(request):
            return await self.renderer.page(request, "parts/shelf.html", caller, values)
        libraries = [library for library in await self.rooms.libraries.list(caller) if library.kind == "movie"]
        values |= {"shelves": libraries, "query": query, "sorts": SORTS}
        return await self.renderer.page(request, "pages/films.html", caller, values)

    async def show(self, request: web.Request, id: UUID, caller: Caller) -> web.Response:
        """One film: what it is, what its files hold, and the way to play it."""
        words = await self.renderer.words(request, caller)
        film = await self.rooms.films.get(id, caller)
        best = max(film.files, key=_lines, default=None)
        values = {
            "film": film,
            "length": film.runtime_ms or (best.duration_ms if best else None),
            "badges": badges(best) if best else [],
            "facts": _facts(film, Formats(words)),
            "elsewhere": await self._elsewhere(film, caller),
        }
        return await self.renderer.page(request, "pages/film.html", caller, values, words=words)

    async def _elsewhere(self, film: MovieDetails, caller: Caller) -> list[tuple[NowPlaying, str]]:
        """The caller's own viewings of the film on other devices, and what these are called: they can be taken over."""
        page = await self.rooms.screens.now(PageQuery(limit=_SCREENS), caller)
        own = [one for one in page.items if one.item.id == film.id and one.user == caller.username and not one.device.current]
        return [(one, screen_name(one.device)) for one in own]


def _more(query: MovieQuery, cursor: str | None) -> str | None:
    """Return the address of the next stretch, None at the end."""
    if cursor is None:
        return None
    wishes = {"sort": query.sort, "library": query.library, "limit": query.limit, "cursor": cursor}
    return "/movies?" + urlencode({name: value for name, value in wishes.items() if value is not None})


def _lines(file: MovieFile) -> int:
    return file.video.height if file.video else 0


def _facts(film: MovieDetails, fmt: Formats) -> list[tuple[str, str]]:
    """Name and value of what stands beside the film; what is not known is left out."""
    jobs: Callable[[str], str] = lambda job: ", ".join(person.name for person in film.people if person.job == job)  # noqa: E731
    cast = [person.name for person in film.people if person.job == "actor"][:_CAST]
    found = [
        ("director", jobs("director")),
        ("writer", jobs("writer")),
        ("actor", ", ".join(cast)),
        ("genres", ", ".join(film.genres)),
        ("studios", ", ".join(film.studios)),
        ("collection", film.collection or ""),
        ("released", fmt.date(film.released)),
    ]
    return [(name, value) for name, value in found if value]
