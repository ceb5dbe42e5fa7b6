"""How films take part in scanning: which files are films, what their names and .nfo files say, where their artwork is."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Protocol
from uuid import UUID

from loguru import logger
from msgspec import UNSET, Struct

from revenge.content.movie.entity import KIND, MovieFacts, NewMovie, Person
from revenge.content.movie.service import Movies
from revenge.core.data import Writing
from revenge.core.ids import ItemRef
from revenge.media.names import NameGuess, ignored, is_video, match_key, parse, title_sort
from revenge.media.nfo import NfoFacts
from revenge.services.library.entity import Companion, Identified, Kept, StoredFile
from revenge.services.library.service import Files
from revenge.services.metadata.local import LocalMetadata

_SUBTITLES = frozenset({".srt", ".ass", ".ssa", ".vtt", ".sub", ".idx", ".sup"})
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif"})
_COMPANIONS = _SUBTITLES | _PICTURES | {".nfo"}


class Names(Protocol):
    """Who has a second opinion on odd names, in a process of its own."""

    async def second_opinion(self, paths: Sequence[str]) -> list[NameGuess]:
        """Return better guesses for paths relative to their library."""


class Guess(Struct, frozen=True):
    """What a file is taken for."""

    name: NameGuess
    nfo: NfoFacts | None


class MovieLibrary:
    """The film room's part in scanning."""

    kind = KIND
    item_kinds = (KIND,)

    def __init__(self, movies: Movies, files: Files, names: Names, local: LocalMetadata) -> None:
        self.movies = movies
        self.files = files
        self.names = names
        self.local = local

    def claims(self, path: PurePosixPath) -> bool:
        """Whether the file is a film: a video that is neither an extra nor a sample."""
        return is_video(path.name) and not parse(str(path)).is_extra

    def is_companion(self, name: str) -> bool:
        """Whether the file is a subtitle, a picture or an .nfo."""
        return PurePosixPath(name).suffix.lower() in _COMPANIONS

    def ignores(self, name: str) -> bool:
        """Whether the name is a recycle bin's, a thumbnail folder's, or hidden."""
        return ignored(name)

    async def identify(self, files: Sequence[StoredFile]) -> list[Identified]:
        """Guess what the files are: own reading first, a second opinion on odd names, then what the .nfo says."""
        guesses = [parse(str(file.relative)) for file in files]
        odd = [number for number, guess in enumerate(guesses) if not guess.certain]
        opinions = await self.names.second_opinion([str(files[number].relative) for number in odd]) if odd else []
        for number, opinion in zip(odd, opinions, strict=True):
            guesses[number] = opinion
        return [
            Identified(file.id, _edition(guess, nfo), Guess(guess, nfo))
            for file, guess in zip(files, guesses, strict=True)
            for nfo in [await self.local.nfo(file)]
        ]

    async def keep(self, db: Writing, library_id: UUID, identified: Sequence[Identified]) -> list[Kept]:
        """Find or make the films, in one order for all, so that two batches never wait for each other in a circle."""
        films = {one.file_id: _film(one.what) for one in identified}
        ids = {key: await self.movies.keep(db, library_id, film) for key, film in sorted({film.match_key: film for film in films.values()}.items())}
        return [Kept(one.file_id, ItemRef(KIND, ids[film.match_key][0]), film.title, ids[film.match_key][1]) for one in identified for film in [films[one.file_id]]]

    async def index(self, db: Writing, ids: Sequence[UUID]) -> None:
        """Bring the search documents of these films up to date."""
        await self.movies.index(db, ids)

    async def settle(self, db: Writing, library_id: UUID) -> None:
        """Hide films without files, mark those whose disk is away."""
        await self.movies.settle(db, library_id)
