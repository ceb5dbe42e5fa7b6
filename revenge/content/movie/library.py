"""How films take part in scanning: which files are films, what their names and .nfo files say, where their artwork is."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Protocol
from uuid import UUID

from msgspec import UNSET, Struct

from revenge.content.movie.entity import KIND, MovieFacts, NewMovie, Person
from revenge.content.movie.service import Movies
from revenge.core.data import Writing
from revenge.core.ids import ItemRef
from revenge.media.names import NameGuess, extra_kind, ignored, is_video, match_key, parse, title_sort
from revenge.media.nfo import NfoFacts
from revenge.services.library.entity import Identified, Kept, StoredFile
from revenge.services.library.service import Files
from revenge.services.metadata.entity import Chosen, Subject, Video

_SUBTITLES = frozenset({".srt", ".ass", ".ssa", ".vtt", ".sub", ".idx", ".sup"})
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif"})
_COMPANIONS = _SUBTITLES | _PICTURES | {".nfo"}


class Names(Protocol):
    """Who has a second opinion on odd names, in a process of its own."""

    async def second_opinion(self, paths: Sequence[str]) -> list[NameGuess]:
        """Return better guesses for paths relative to their library."""


class Beside(Protocol):
    """Who reads what people wrote down beside their films."""

    async def nfo(self, video: Video) -> NfoFacts | None:
        """Return what the video's `.nfo` says; None without a usable one."""


class Painter(Protocol):
    """Who keeps items' pictures up to date."""

    async def refresh(self, subject: Subject) -> Chosen:
        """Bring an item's pictures up to date and return them."""


class Guess(Struct, frozen=True):
    """What a file is taken for."""

    name: NameGuess
    nfo: NfoFacts | None


class MovieLibrary:
    """The film room's part in scanning."""

    kind = KIND
    item_kinds: tuple[str, ...] = (KIND,)

    def __init__(self, movies: Movies, files: Files, names: Names, beside: Beside, painter: Painter) -> None:
        self.movies = movies
        self.files = files
        self.names = names
        self.beside = beside
        self.painter = painter

    def claims(self, path: PurePosixPath) -> bool:
        """Whether the file is a film: a video that is neither an extra nor a sample."""
        return is_video(path.name) and extra_kind(str(path)) is None

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
            for nfo in [await self.beside.nfo(file)]
        ]

    async def keep(self, db: Writing, library_id: UUID, identified: Sequence[Identified]) -> list[Kept]:
        """Find or make the films."""
        films = [_film(one.what) for one in identified]
        await self.movies.rename(db, library_id, {one.file_id: film for one, film in zip(identified, films, strict=True)})
        kept = await self.movies.keep(db, library_id, films)
        return [_kept(one.file_id, film, *kept[film.match_key]) for one, film in zip(identified, films, strict=True)]

    async def index(self, db: Writing, ids: Sequence[UUID]) -> None:
        """Bring the search documents of these films up to date."""
        await self.movies.index(db, ids)

    async def settle(self, db: Writing, library_id: UUID) -> None:
        """Hide films without files, mark those whose disk is away."""
        await self.movies.settle(db, library_id)

    async def enrich(self, item: ItemRef) -> None:
        """Give the film its pictures and what its .nfo says."""
        found = await self.movies.standing(item.id)
        if found is None:
            return
        movie, files = found
        files = [file for file in files if file.available]
        notes = [nfo for file in files if (nfo := await self.beside.nfo(file)) is not None]
        chosen = await self.painter.refresh(Subject(item, movie.library_id, movie.title, movie.year, files))
        runtime = max((file.facts.duration_ms for file in files if file.facts is not None), default=0)
        await self.movies.apply(item.id, _facts(notes[0] if notes else None, runtime), _pictures(chosen))


def _film(guess: Guess) -> NewMovie:
    """Return the film a file stands for: the .nfo knows better than the name."""
    name, nfo = guess.name, guess.nfo
    title = (nfo.title if nfo else None) or name.title
    year = (nfo.year if nfo else None) or name.year
    ids = {key: value for key in ("imdb", "tmdb", "tvdb") if (value := getattr(name, key))}
    return NewMovie(title, title_sort(title), year, match_key(title, year), {**ids, **(nfo.ids if nfo else {})})


def _edition(name: NameGuess, nfo: NfoFacts | None) -> str | None:
    """Return what tells this file from the film's other ones."""
    part = f"Part {name.part}" if name.part else None
    label = (nfo.edition if nfo else None) or name.edition or name.version or name.resolution
    return ", ".join(word for word in (label, part) if word) or None


def _kept(file_id: UUID, film: NewMovie, id: UUID, is_new: bool) -> Kept:
    return Kept(file_id, ItemRef(KIND, id), film.title, is_new)


def _facts(nfo: NfoFacts | None, runtime_ms: int) -> MovieFacts:
    """Return what is known locally: the .nfo's facts, and the length of the longest version."""
    if nfo is None:
        return MovieFacts(runtime_ms=runtime_ms or UNSET)
    return MovieFacts(
        title=nfo.title or UNSET,
        original_title=nfo.original_title or UNSET,
        year=nfo.year or UNSET,
        released=nfo.premiered or UNSET,
        runtime_ms=runtime_ms or (nfo.runtime_minutes or 0) * 60_000 or UNSET,
        overview=nfo.plot or nfo.outline or UNSET,
        tagline=nfo.tagline or UNSET,
        certification=nfo.certification or UNSET,
        collection=nfo.collection or UNSET,
        genres=list(nfo.genres) or UNSET,
        studios=list(nfo.studios) or UNSET,
        people=_people(nfo) or UNSET,
    )


def _people(nfo: NfoFacts) -> list[Person]:
    makers = [Person(name, job) for job, names in (("director", nfo.directors), ("writer", nfo.writers)) for name in names]
    return makers + [Person(actor.name, "actor", actor.role) for actor in nfo.actors]


def _pictures(chosen: Chosen) -> dict[str, object]:
    """Return the columns by which lists show the pictures."""
    return {
        "poster_id": chosen.poster.id if chosen.poster else None,
        "poster_blurhash": chosen.poster.blurhash if chosen.poster else None,
        "backdrop_id": chosen.backdrop.id if chosen.backdrop else None,
        "backdrop_blurhash": chosen.backdrop.blurhash if chosen.backdrop else None,
    }
