"""Films: paged in every order, found by words, edited for good, hidden when their files are gone."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import insert, text

from revenge.content.movie.entity import KIND, MovieEdit, MovieFacts, MovieQuery, NewMovie, Person
from revenge.content.movie.repository import SORTS
from revenge.content.movie.service import Movies
from revenge.core.caller import Caller
from revenge.core.errors import Invalid, NotFound
from revenge.infra.database import Database
from revenge.infra.database.prepared import Prepared
from revenge.infra.database.url import driver_url
from revenge.infra.database_settings import PoolSettings
from revenge.media.names import match_key, title_sort
from revenge.services.library.entity import NewLibrary
from revenge.services.library.repository import LibraryRepository
from revenge.services.library.service import Files
from revenge.services.metadata.entity import Poster
from revenge.services.playback.entity import Progress
from revenge.services.playback.tables import progress
from revenge.services.search.entity import SearchQuery
from revenge.services.search.repository import PostgresIndex
from revenge.services.search.service import Search
from revenge.services.user.tables import users


class Pictures:
    def showing(self, caller, width=342):
        return lambda id, blurhash: id and Poster(f"/images/x/{id}/{width}.webp", blurhash or "")


_FIVE_OF_TEN = {"position_ms": 5, "duration_ms": 10, "at": datetime.now(UTC)}


class Watched:
    def __init__(self):
        self.known = {}

    async def progress_of(self, kind, ids, caller):
        return {id: self.known[id] for id in ids if id in self.known}


class Pages:
    """Holds nothing: whether what is held is right is asked of a whole node."""

    async def get(self, key, tags, load):
        return await load()


class HeldPages(Pages):
    """Holds everything for ever, by key alone."""

    def __init__(self):
        self.held = {}

    async def get(self, key, tags, load):
        if key not in self.held:
            self.held[key] = await load()
        return self.held[key]


class House:
    def __init__(self, database):
        self.database = database
        self.watched = Watched()
        index = PostgresIndex(database)
        self.movies = Movies(database, Files(database), Pictures(), self.watched, index, Pages())
        self.search = Search(index, {KIND: self.movies})

    async def library(self, name="Films"):
        async with self.database.write() as db:
            return await LibraryRepository().add(db, NewLibrary(name, KIND, [f"/media/{name}"]))

    async def film(self, library: UUID, title: str, year: int | None = 2000, **facts) -> UUID:
        async with self.database.write() as db:
            new = NewMovie(title, title_sort(title), year, match_key(title, year), {})
            ((id, _),) = (await self.movies.keep(db, library, [new])).values()
            await self.movies.index(db, [id])
        if facts:
            await self.movies.apply(id, MovieFacts(**facts), {})
        return id


@pytest.fixture
def house(database):
    return House(database)


def seeing(*libraries, role="admin"):
    return Caller(uuid4(), uuid4(), "anna", role, libraries)


@pytest.fixture
async def shelf(house):
    library = await house.library()
    for title, year in (("The Thing", 1982), ("Alien", 1979), ("Ärger im Paradies", None), ("Brazil", 1985), ("Zulu", 1964)):
        await house.film(library, title, year)
    return library


async def titles(house, caller, **query):
    found, cursor = [], None
    while True:
        page = await house.movies.page(MovieQuery(limit=2, cursor=cursor, **query), caller)
        found += [card.title for card in page.items]
        cursor = page.next
        if cursor is None:
            return found


async def test_titles_stand_where_people_look_for_them(house, shelf):
    assert await titles(house, seeing(shelf)) == ["Alien", "Ärger im Paradies", "Brazil", "The Thing", "Zulu"]


async def test_years_are_paged_with_the_unknown_ones_at_one_end(house, shelf):
    assert await titles(house, seeing(shelf), sort="-year") == ["Brazil", "The Thing", "Alien", "Zulu", "Ärger im Paradies"]


async def test_newest_first_and_oldest_first_are_each_other_reversed(house, shelf):
    newest = await titles(house, seeing(shelf), sort="-added_at")
    assert newest == (await titles(house, seeing(shelf), sort="added_at"))[::-1]


async def test_offset_goes_as_well(house, shelf):
    page = await house.movies.page(MovieQuery(limit=2, offset=3), seeing(shelf))
    assert [card.title for card in page.items] == ["The Thing", "Zulu"]


async def test_a_cursor_of_another_order_is_refused(house, shelf):
    page = await house.movies.page(MovieQuery(limit=2), seeing(shelf))
    with pytest.raises(Invalid, match="belongs to the sort") as refused:
        await house.movies.page(MovieQuery(limit=2, sort="-year", cursor=page.next), seeing(shelf))
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("cursor", ["x", "AAAA", "////", "kqV0aXRsZQ", "é"])
async def test_a_made_up_cursor_is_refused(house, shelf, cursor):
    with pytest.raises(Invalid) as refused:
        await house.movies.page(MovieQuery(cursor=cursor), seeing(shelf))
    assert refused.value.field == "cursor"


async def test_an_unknown_sort_names_the_known_ones(house, shelf):
    with pytest.raises(Invalid, match="choose one of title") as refused:
        await house.movies.page(MovieQuery(sort="colour"), seeing(shelf))
    assert refused.value.field == "sort"


async def test_a_page_that_is_held_is_shown_to_nobody_who_would_see_another(house, shelf):
    house.movies.pages = HeldPages()
    other = await house.library("Secret")
    await house.film(other, "Hidden")
    everything = seeing(shelf, other)
    assert "Hidden" in await titles(house, everything)
    assert "Hidden" not in await titles(house, Caller(everything.user_id, uuid4(), "anna", "admin", (shelf,)))
    assert await titles(house, everything, sort="-title") != await titles(house, everything)
    assert await titles(house, everything, library=other) == ["Hidden"]


async def test_other_peoples_libraries_do_not_exist(house, shelf):
    other = await house.library("Secret")
    hidden = await house.film(other, "Hidden")
    assert "Hidden" not in await titles(house, seeing(shelf))
    assert await titles(house, seeing(shelf), library=other) == []
    with pytest.raises(NotFound):
        await house.movies.get(hidden, seeing(shelf))
    assert (await house.search.find(SearchQuery(q="hidden"), seeing(shelf))).groups == []


async def test_what_a_person_set_survives_every_source_until_unlocked(house, shelf):
    id, admin = await house.film(shelf, "Theirs"), seeing(shelf)
    await house.movies.edit(id, MovieEdit(title="Mine"), admin)
    await house.movies.apply(id, MovieFacts(title="Theirs again", overview="A story."), {})
    kept = await house.movies.get(id, admin)
    assert (kept.title, kept.overview, kept.locked) == ("Mine", "A story.", ["title"])
    await house.movies.edit(id, MovieEdit(unlock=["title"]), admin)
    await house.movies.apply(id, MovieFacts(title="Theirs again"), {})
    assert (await house.movies.get(id, admin)).title == "Theirs again"


async def test_a_field_that_cannot_be_unlocked_is_named(house, shelf):
    id = await house.film(shelf, "Film")
    with pytest.raises(Invalid, match="colour"):
        await house.movies.edit(id, MovieEdit(unlock=["colour"]), seeing(shelf))


async def test_two_batches_that_meet_the_same_film_make_one(house, shelf):
    first, second = await house.film(shelf, "Alien", 1979), await house.film(shelf, "ALIEN", 1979)
    assert first == second


async def test_progress_stands_on_the_card(house, shelf):
    id, other = await house.film(shelf, "Begun"), await house.film(shelf, "Unseen")
    anna, bob = seeing(shelf), seeing(shelf)
    async with house.database.write() as db:
        person = {
            "id": anna.user_id,
            "username": "anna",
            "username_key": "anna",
            "email": "a@b",
            "email_key": "a@b",
            "password_hash": "x",
            "display_name": "Anna",
        }
        await db.execute(insert(users), {**person, "role": "user"})
        await db.execute(insert(progress), {"user_id": anna.user_id, "item_kind": KIND, "item_id": id, **_FIVE_OF_TEN})
    house.movies.pages = HeldPages()
    for caller, shown in ((anna, {id: Progress(5, 10, watched=False), other: None}), (bob, {id: None, other: None})):
        page = await house.movies.page(MovieQuery(), caller)
        assert {card.id: card.progress for card in page.items if card.id in shown} == shown


async def test_a_film_without_files_is_hidden_and_not_found_by_words(house, shelf):
    async with house.database.write() as db:
        await house.movies.settle(db, shelf)
    assert await titles(house, seeing(shelf)) == []
    assert (await house.search.find(SearchQuery(q="alien"), seeing(shelf))).groups == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("alien", "Alien"),
        ("ALI", "Alien"),
        ("alein", "Alien"),
        ("arger", "Ärger im Paradies"),
        ("paradies", "Ärger im Paradies"),
        ("the thi", "The Thing"),
        ("brasil", "Brazil"),
    ],
)
async def test_whole_unfinished_and_misspelled_words_find_a_film(house, shelf, words, expected):
    found = await house.search.find(SearchQuery(q=words), seeing(shelf))
    assert found.groups[0].items[0].title == expected


async def test_people_and_stories_find_a_film_after_titles_do(house, shelf):
    directed = await house.film(shelf, "Dune", people=[Person("David Lynch", "director")], overview="Spice and brazil nuts.")
    found = await house.search.find(SearchQuery(q="lynch"), seeing(shelf))
    assert [item.id for item in found.groups[0].items] == [directed]
    by_title_first = (await house.search.find(SearchQuery(q="brazil"), seeing(shelf))).groups[0]
    assert [item.title for item in by_title_first.items] == ["Brazil", "Dune"]
    assert by_title_first.total == 2


NAMED_ALIKE = [
    ("The Matrix", 1999), ("The Matrix Resurrections", 2021), ("Dune", 1984), ("Dune", 2021), ("Blade Runner", 1982),
    ("Blade Runner 2049", 2017), ("1917", 2019), ("2001: A Space Odyssey", 1968), ("Dust", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("matrix 1999", [("The Matrix", 1999)]),
        ("Matrix (2021)", [("The Matrix Resurrections", 2021)]),
        ("1984 dune", [("Dune", 1984)]),
        ("du 2021", [("Dune", 2021)]),
        ("dune 2020", [("Dune", 2021), ("Dune", 1984)]),  # the nearest first, where none is of that year
        ("matirx 1999", [("The Matrix", 1999), ("The Matrix Resurrections", 2021)]),
        ("blade runner 2049", [("Blade Runner 2049", 2017)]),
        ("blade runner 1982", [("Blade Runner", 1982)]),
        ("2001", [("2001: A Space Odyssey", 1968)]),
        ("2001 space odyssey 1968", [("2001: A Space Odyssey", 1968)]),
        ("1917", [("1917", 2019)]),
        ("2021", [("Dune", 2021), ("The Matrix Resurrections", 2021)]),
    ],
)
async def test_a_year_beside_the_words_narrows_what_is_found(house, words, expected):
    shelf = await house.library()
    for title, year in NAMED_ALIKE:
        await house.film(shelf, title, year)
    found = await house.search.find(SearchQuery(q=words), seeing(shelf))
    assert [(item.title, item.year) for group in found.groups for item in group.items] == expected


@pytest.mark.parametrize("words", ["%", "_", "\\", "' or 1=1", "😀", "a & b | !c", ":*", "% 1999", "(2001)", "' 1984 :*", "9999"])
async def test_odd_words_find_nothing_and_break_nothing(house, shelf, words):
    await house.search.find(SearchQuery(q=words), seeing(shelf))


async def test_every_order_is_served_by_an_index(database_url, house, shelf):
    """The planner itself says so, on a table large enough for it to care."""
    async with house.database.write() as db:
        await db.execute(
            text(
                "insert into movies (library_id, match_key, title, title_sort, year)"
                " select :library, 'k' || n, 'Film ' || n, 'film ' || n, 1900 + n % 120 from generate_series(1, 5000) n"
            ),
            {"library": shelf},
        )
        await db.execute(text("analyze movies"))
    explained = await Explaining.open(database_url)
    for sort in SORTS:
        for cursor in (None, await _middle(house, shelf, sort)):
            plan = await explained.plan(MovieQuery(sort=sort, cursor=cursor), [shelf])
            assert "Index" in plan, (sort, plan)
            assert "Sort" not in plan, (sort, plan)
    await explained.close()


async def _middle(house, shelf, sort):
    return (await house.movies.page(MovieQuery(sort=sort, limit=100), seeing(shelf))).next


class Explaining:
    """Runs a list's own statement with `explain` in front."""

    @classmethod
    async def open(cls, url):
        self = cls()
        self.database = Database(url, PoolSettings())
        return self

    async def plan(self, query, libraries):
        outer = self

        class Db:
            async def rows(self, statement, parameters):
                prepared = Prepared(statement, outer.database._engine.dialect)
                connection = await asyncpg.connect(driver_url(outer.database.url))
                rows = await connection.fetch(f"explain {prepared.text}", *prepared.arguments(parameters))
                await connection.close()
                outer.found = "\n".join(row[0] for row in rows)
                return []

        await self.movies().store.page(Db(), query, libraries, uuid4())
        return self.found

    def movies(self):
        return House(self.database).movies

    async def close(self):
        await self.database._engine.dispose()
