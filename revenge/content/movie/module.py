"""The film room's door."""

from collections.abc import Sequence

from revenge.api.endpoint import Endpoint
from revenge.content.movie.entity import KIND
from revenge.content.movie.library import MovieLibrary, Names
from revenge.content.movie.routes import MovieRoutes
from revenge.content.movie.service import Movies, Pages, SearchIndex, Watched
from revenge.core.data import Transactions
from revenge.services.library.service import Files
from revenge.services.metadata.module import MetadataModule


class MovieModule:
    """Films."""

    kind = KIND

    def __init__(
        self,
        database: Transactions,
        files: Files,
        metadata: MetadataModule,
        watched: Watched,
        index: SearchIndex,
        pages: Pages,
        names: Names,
    ) -> None:
        self.movies = Movies(database, files, metadata.artwork, watched, index, pages)
        self.library = MovieLibrary(self.movies, files, names, metadata.local, metadata.artwork)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the doors."""
        return MovieRoutes(self.movies).endpoints()
