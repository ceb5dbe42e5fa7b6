"""What a film is."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from revenge.core.facts import AudioTrack, SubtitleTrack, VideoTrack
from revenge.core.page import PageQuery
from revenge.services.library.entity import StoredFile
from revenge.services.metadata.entity import Poster
from revenge.services.playback.entity import Progress

KIND = "movie"
EDITABLE = ("title", "original_title", "year", "overview", "tagline", "certification", "genres")

Title = Annotated[str, Meta(min_length=1, max_length=500)]
Year = Annotated[int, Meta(ge=1870, le=2200)]


class Person(Struct, frozen=True, omit_defaults=True):
    """Somebody who made the film."""

    name: str
    job: str
    """`director`, `writer` or `actor`."""
    role: str | None = None
    """Whom an actor plays."""


class MovieCard(Struct, frozen=True):
    """A film as it stands on a shelf."""

    id: UUID
    title: str
    year: int | None
    available: bool
    """False while no disk that holds it can be seen."""
    poster: Poster | None = None
    progress: Progress | None = None


class MovieFile(Struct, frozen=True):
    """One version of a film on the disk."""

    id: UUID
    name: str
    edition: str | None
    available: bool
    container: str | None
    size: int
    duration_ms: int | None
    bit_rate: int | None
    video: VideoTrack | None
    audio: tuple[AudioTrack, ...]
    subtitles: tuple[SubtitleTrack, ...]


class Movie(Struct, frozen=True):
    """A film as its row has it."""

    id: UUID
    library_id: UUID
    title: str
    title_sort: str
    original_title: str | None
    year: int | None
    released: date | None
    runtime_ms: int | None
    overview: str | None
    tagline: str | None
    certification: str | None
    collection: str | None
    genres: list[str]
    studios: list[str]
    people: list[Person]
    external_ids: dict[str, str]
    locked: list[str]
    added_at: datetime
    available: bool
    poster_id: UUID | None
    poster_blurhash: str | None
    backdrop_id: UUID | None
    backdrop_blurhash: str | None


class MovieDetails(Struct, frozen=True):
    """Everything about a film."""

    id: UUID
    library_id: UUID
    title: str
    year: int | None
    available: bool
    poster: Poster | None
    progress: Progress | None
    backdrop: Poster | None
    original_title: str | None
    released: date | None
    runtime_ms: int | None
    overview: str | None
    tagline: str | None
    certification: str | None
    collection: str | None
    genres: list[str]
    studios: list[str]
    people: list[Person]
    external_ids: dict[str, str]
    locked: list[str]
    added_at: datetime
    files: list[MovieFile]


class MovieEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person may set; each field that is sent is locked against every provider."""

    title: Title | UnsetType = UNSET
    original_title: Title | UnsetType | None = UNSET
    year: Year | UnsetType | None = UNSET
    overview: Annotated[str, Meta(max_length=20000)] | UnsetType | None = UNSET
    tagline: Annotated[str, Meta(max_length=1000)] | UnsetType | None = UNSET
    certification: Annotated[str, Meta(max_length=50)] | UnsetType | None = UNSET
    genres: Annotated[list[Title], Meta(max_length=50)] | UnsetType = UNSET
    unlock: Annotated[list[str], Meta(max_length=50)] = []
    """Fields that providers may set again."""


class MovieFacts(Struct, frozen=True, kw_only=True):
    """What a source knows about a film; UNSET where it says nothing."""

    title: str | UnsetType = UNSET
    original_title: str | UnsetType | None = UNSET
    year: int | UnsetType = UNSET
    released: date | UnsetType = UNSET
    runtime_ms: int | UnsetType = UNSET
    overview: str | UnsetType = UNSET
    tagline: str | UnsetType = UNSET
    certification: str | UnsetType = UNSET
    collection: str | UnsetType = UNSET
    genres: list[str] | UnsetType = UNSET
    studios: list[str] | UnsetType = UNSET
    people: list[Person] | UnsetType = UNSET
    external_ids: dict[str, str] | UnsetType = UNSET


class MovieQuery(PageQuery, frozen=True, kw_only=True):
    """How a list of films is asked for."""

    library: UUID | None = None
    sort: str = "title"
    """`title`, `year` or `added_at`; with `-` in front the other way round."""


class NewMovie(Struct, frozen=True):
    """What a file's name says of a film that may not be known yet."""

    title: str
    title_sort: str
    year: int | None
    match_key: str
    external_ids: dict[str, str]


def movie_file(file: StoredFile) -> MovieFile:
    """Return how a file is shown."""
    facts = file.facts
    return MovieFile(
        id=file.id,
        name=file.name,
        edition=file.edition,
        available=file.available,
        container=facts.container if facts else None,
        size=file.size,
        duration_ms=facts.duration_ms if facts else None,
        bit_rate=facts.bit_rate if facts else None,
        video=facts.video if facts else None,
        audio=facts.audio if facts else (),
        subtitles=facts.subtitles if facts else (),
    )
