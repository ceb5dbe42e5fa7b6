"""Endpoints of films."""

from collections.abc import Sequence
from uuid import UUID

from revenge.api.endpoint import Endpoint, get, patch
from revenge.content.movie.entity import MovieCard, MovieDetails, MovieEdit, MovieQuery
from revenge.content.movie.service import Movies
from revenge.core.caller import Caller
from revenge.core.page import Page


class MovieRoutes:
    """Doors to films."""

    def __init__(self, movies: Movies) -> None:
        self.movies = movies

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        return [
            get("/api/v1/movies", self.page, may="movies:read"),
            get("/api/v1/movies/{id}", self.show, may="movies:read"),
            patch("/api/v1/movies/{id}", self.edit, may="movies:edit"),
        ]

    async def page(self, query: MovieQuery, caller: Caller) -> Page[MovieCard]:
        """Films the caller may see, in the order asked for."""
        return await self.movies.page(query, caller)

    async def show(self, id: UUID, caller: Caller) -> MovieDetails:
        """Everything about one film."""
        return await self.movies.get(id, caller)

    async def edit(self, id: UUID, body: MovieEdit, caller: Caller) -> MovieDetails:
        """Change a film; what is set here no provider will overwrite."""
        return await self.movies.edit(id, body, caller)
