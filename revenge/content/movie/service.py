"""What can be done with films: find, page, edit, take in what sources know."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from revenge.content.movie.entity import (
    EDITABLE,
    KIND,
    Movie,
    MovieCard,
    MovieDetails,
    MovieEdit,
    MovieFacts,
    MovieQuery,
    NewMovie,
    movie_file,
)
from revenge.content.movie.repository import Card, MovieRepository
from revenge.core.caller import Caller
from revenge.core.data import Reading, Transactions, Writing
from revenge.core.errors import Invalid, absent
from revenge.core.events import ItemChanged
from revenge.core.ids import ItemRef
from revenge.core.page import Page
from revenge.core.work import Ask
from revenge.media.names import title_sort
from revenge.services.library.entity import ItemCard, StoredFile, shelf_tag
from revenge.services.library.service import Files
from revenge.services.metadata.entity import Show
from revenge.services.playback.entity import Progress, progress_tag
from revenge.services.search.entity import Document

BACKDROP_WIDTH = 1280


class Pictures(Protocol):
    """Who knows the addresses of pictures."""

    def showing(self, caller: Caller, width: int = ...) -> Show:
        """Return what gives this caller the addresses of pictures of that width (pixels)."""


class Watched(Protocol):
    """Who knows how far people have come."""

    async def progress_of(self, kind: str, ids: Sequence[UUID], caller: Caller) -> dict[UUID, Progress]:
        """Return the caller's progress with those items they have begun."""


class Pages(Protocol):
    """Who holds pages near the requests, until one of their tags is dropped."""

    async def get(self, key: str, tags: Sequence[str], load: Callable[[], Awaitable[Page[Card]]]) -> Page[Card]:
        """Return what is held, or what `load` finds."""


class SearchIndex(Protocol):
    """Where items are found by words."""

    async def put(self, db: Writing, documents: Sequence[Document]) -> None:
        """Make these the documents of their items."""

    async def drop(self, db: Writing, items: Sequence[ItemRef]) -> None:
        """Make the items unfindable."""


class Movies:
    """Films."""

    kind = KIND

    def __init__(
        self, database: Transactions, files: Files, pictures: Pictures, watched: Watched, index: SearchIndex, pages: Pages
    ) -> None:
        self.database = database
        self.files = files
        self.pictures = pictures
        self.watched = watched
        self.search = index
        self.pages = pages
        self.store = MovieRepository()

    async def page(self, query: MovieQuery, caller: Caller) -> Page[MovieCard]:
        """Return one page of the films the caller may see."""
        libraries = [id for id in caller.libraries if query.library in {None, id}]

        async def load() -> Page[Card]:
            async with self.database.read() as db:
                return await self.store.page(db, query, libraries, caller.user_id)

        key = msgspec.json.encode((KIND, caller.user_id, libraries, query)).decode()
        page = await self.pages.get(key, [*map(shelf_tag, libraries), progress_tag(caller.user_id)], load)
        show = self.pictures.showing(caller)
        return Page([_card(card, show) for card in page.items], page.next)

    async def get(self, id: UUID, caller: Caller) -> MovieDetails:
        """Return everything about a film, or NotFound: what the caller may not see does not exist for them."""
        async with self.database.read() as db:
            movie = await self._get(db, id, caller)
        files = await self.files.of_item(ItemRef(KIND, id), caller)
        progress = await self.watched.progress_of(KIND, [id], caller)
        return MovieDetails(
            **{name: getattr(movie, name) for name in MovieDetails.__struct_fields__ if name in Movie.__struct_fields__},
            poster=self.pictures.showing(caller)(movie.poster_id, movie.poster_blurhash),
            backdrop=self.pictures.showing(caller, BACKDROP_WIDTH)(movie.backdrop_id, movie.backdrop_blurhash),
            progress=progress.get(id),
            files=[movie_file(file) for file in files],
        )

    async def edit(self, id: UUID, edit: MovieEdit, caller: Caller) -> MovieDetails:
        """Set what a person decided; those fields are theirs until they unlock them."""
        async with self.database.write() as db:
            movie = await self._get(db, id, caller)
            values = {name: value for name in EDITABLE if (value := getattr(edit, name)) is not UNSET}
            locked = (set(movie.locked) | set(values)) - _known_fields(edit.unlock)
            await self._change(db, movie, {**values, "locked": sorted(locked)})
            await db.ask(enrichment(id))  # a drawn poster bears the title
        return await self.get(id, caller)

    async def cards(self, ids: Sequence[UUID], caller: Caller) -> dict[UUID, ItemCard]:
        """Return the films of these ids as they stand in mixed lists."""
        async with self.database.read() as db:
            found = await self.store.cards(db, ids, caller.libraries)
        show = self.pictures.showing(caller)
        return {card.id: ItemCard(card.id, KIND, card.title, card.year, show(card.poster_id, card.poster_blurhash)) for card in found}

    async def standing(self, id: UUID) -> tuple[Movie, list[StoredFile]] | None:
        """Return a film and its files, whoever asks: for work in the background; None when it has no files any more."""
        async with self.database.read() as db:
            found = await self.store.of_ids(db, [id])
        return (found[0], await self.files.of_library_item(ItemRef(KIND, id), found[0].library_id)) if found else None

    async def rename(self, db: Writing, library_id: UUID, said: Mapping[UUID, NewMovie]) -> None:
        """Let films follow their files: one whose files all bear another name now is the same film under that name, with all it has."""
        renamed = await self.store.rename(db, library_id, said)
        for id in renamed:
            db.after(ItemChanged(item=ItemRef(KIND, id), library_id=library_id))
        if renamed:
            await db.invalidate(shelf_tag(library_id))

    async def keep(self, db: Writing, library_id: UUID, wanted: Sequence[NewMovie]) -> dict[str, tuple[UUID, bool]]:
        """Return by match key the films of those names in the library and whether each is new."""
        await db.invalidate(shelf_tag(library_id))
        return await self.store.keep(db, library_id, list({movie.match_key: movie for movie in wanted}.values()))

    async def apply(self, id: UUID, facts: MovieFacts, pictures: dict[str, Any]) -> None:
        """Take in what sources know; what a person set stays. `pictures` are the picture columns to set."""
        async with self.database.write() as db:
            found = await self.store.of_ids(db, [id])
            if not found:
                return
            movie = found[0]
            values = {name: value for name, value in asdict(facts).items() if value is not UNSET and name not in movie.locked}
            values |= pictures
            changed = {name: value for name, value in values.items() if getattr(movie, name, None) != value}
            await self._change(db, movie, changed)

    async def index(self, db: Writing, ids: Sequence[UUID]) -> None:
        """Bring the search documents of these films up to date."""
        await self.search.put(db, [_document(movie) for movie in await self.store.of_ids(db, ids)])

    async def settle(self, db: Writing, library_id: UUID) -> None:
        """Hide films without files, mark those whose disk is away."""
        changed = await self.store.settle(db, library_id)
        if changed:
            await db.invalidate(shelf_tag(library_id))
        present = {movie.id for movie in await self.store.of_ids(db, changed)}
        await self.search.drop(db, [ItemRef(KIND, id) for id in changed if id not in present])
        await self.index(db, list(present))

    async def _get(self, db: Reading, id: UUID, caller: Caller) -> Movie:
        return await self.store.find(db, id, caller.libraries) or absent("film", id)

    async def _change(self, db: Writing, movie: Movie, values: dict[str, Any]) -> None:
        if not values:
            return
        if "title" in values:
            values["title_sort"] = title_sort(values["title"])
        await self.store.change(db, movie.id, values)
        await self.index(db, [movie.id])
        await db.invalidate(shelf_tag(movie.library_id))
        db.after(ItemChanged(item=ItemRef(KIND, movie.id), library_id=movie.library_id))


def _card(card: Card, show: Show) -> MovieCard:
    progress = None if card.position_ms is None else Progress(card.position_ms, card.duration_ms, card.watched)
    return MovieCard(card.id, card.title, card.year, card.available, show(card.poster_id, card.poster_blurhash), progress)


def enrichment(id: UUID) -> Ask:
    """Return the ask for pictures and local facts of a film."""
    return Ask("library.enrich", f"{KIND}:{id}", {"kind": KIND, "id": str(id)})


def _known_fields(names: Sequence[str]) -> set[str]:
    unknown = set(names) - set(EDITABLE)
    if unknown:
        raise Invalid(f"{', '.join(sorted(unknown))} cannot be unlocked; the fields are {', '.join(EDITABLE)}.", code="field_unknown")
    return set(names)


def _document(movie: Movie) -> Document:
    people = " ".join(person.name for person in movie.people)
    words = [movie.original_title or "", movie.tagline or "", movie.collection or "", " ".join(movie.genres), people, movie.overview or ""]
    return Document(ItemRef(KIND, movie.id), movie.library_id, movie.title, movie.year, " ".join(word for word in words if word))
