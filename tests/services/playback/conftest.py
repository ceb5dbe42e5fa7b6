"""A house in which films are watched: real files, a real database, people who sign in, and doors on a free port."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text

from revenge.api.mount import Frame
from revenge.core.caller import Caller
from revenge.core.events import Event
from revenge.core.facts import MediaFacts
from revenge.core.ids import ItemRef
from revenge.core.tickets import Tickets
from revenge.infra.database import Database
from revenge.infra.database_settings import PoolSettings
from revenge.media.child import facts as child
from revenge.media.errors import MediaError
from revenge.media.loudness import Loudness
from revenge.media.pools import media_pool
from revenge.media.probe import Prober
from revenge.media.probed import Outcome, Probed, ProbeFailed
from revenge.media.render import Renderer
from revenge.media.rendition import Source
from revenge.media.segments import Segments
from revenge.media.subtitles import Subtitles
from revenge.services.library.entity import Companion, ItemCard, NewLibrary
from revenge.services.library.repository import FileRepository, LibraryRepository
from revenge.services.library.service import Files
from revenge.services.library.walk import Found
from revenge.services.playback.entity import Client as Player
from revenge.services.playback.entity import Report, Session, SessionRequest
from revenge.services.playback.module import PlaybackModule, Studio
from revenge.services.playback.settings import PlaybackSettings
from tests.fixtures.people import SECRET, Household
from tests.services.doors import Doors, opened

CHROMIUM, VLC = Player(profile="chromium"), Player(profile="vlc")


class Held:
    """Holds viewings until a commit drops them: the hardest cache for whoever forgets to say that something ended."""

    def __init__(self) -> None:
        self.there: dict[str, Any] = {}
        self.loads = 0

    async def get(self, id: UUID, load: Callable[[], Awaitable[Any]]) -> Any:
        if f"viewing:{id}" not in self.there:
            self.loads += 1
            self.there[f"viewing:{id}"] = await load()
        return self.there[f"viewing:{id}"]

    def drop(self, tags: Sequence[str]) -> None:
        for tag in tags:
            self.there.pop(tag, None)


class Shelf:
    """Films by title."""

    kind = "movie"

    def __init__(self) -> None:
        self.films: dict[UUID, tuple[UUID, str]] = {}

    async def cards(self, ids: Sequence[UUID], caller: Caller) -> dict[UUID, ItemCard]:
        known = {id: self.films[id] for id in ids if id in self.films}
        return {id: ItemCard(id, "movie", title, 1927, None) for id, (library, title) in known.items() if library in caller.libraries}


class Reader:
    """Reads whole files for keyframes when a test does not want a process to do it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[], Awaitable[bytes | None]] | None = None

    async def index(self, path: str, facts: MediaFacts, **_: Any) -> bytes | None:
        self.asked.append(path)
        return await self.answer() if self.answer else None


class Listener:
    """Says how loud tracks are, when a test wants it to."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.says: Loudness | None = None

    async def measure(self, source: Source, stream: int) -> Loudness:
        self.asked.append(stream)
        if self.says is None:
            raise MediaError("Nobody listens.")
        return self.says


class House:
    """The playback room and what it stands on."""

    def __init__(self, household: Household, held: Held, folder: Path) -> None:
        self.household = household
        self.database = household.database
        self.held = held
        self.folder = folder
        self.shelf = Shelf()
        self.reader = Reader()
        self.listener = Listener()
        self.followers: dict[str, Any] = {}
        self.alternates: list[str] = []
        self.settings = PlaybackSettings()
        self.files = Files(self.database)
        self.tickets = Tickets(SECRET, household.clock)
        self.library: UUID
        self.root: UUID
        self.furnish(self.reader, None)

    def furnish(self, indexer: Any, segments: Any, *, ahead: bool = False) -> PlaybackModule:
        studio = Studio(indexer, self.listener, segments, ahead)
        people, shelves = self.household, {"movie": self.shelf}
        self.module = PlaybackModule(
            self.database, self.files, shelves, studio, self.tickets, people.auth, self.held,
            settings=self.settings, followers=self.followers, alternates=lambda: self.alternates, clock=people.clock,
        )  # fmt: skip
        self.playback, self.progress = self.module.playback, self.module.progress
        return self.module

    async def open(self) -> None:
        """A library that everybody may see."""
        async with self.database.write() as db:
            self.library = await LibraryRepository().add(db, NewLibrary("Films", "movie", [str(self.folder)]))
            ((self.root, _),) = await LibraryRepository().roots(db, self.library)
        self.household.visible = (self.library,)

    async def film(
        self,
        source: Path | None = None,
        *,
        facts: MediaFacts | None = None,
        name: str = "",
        item: ItemRef | None = None,
        beside: Sequence[str] = (),
    ) -> ItemRef:
        """A film on the shelf: a copy of the source, looked into, or facts of a file that is made up. With `item`, another version of it."""
        name = name or (source.name if source else f"{uuid4()}.mp4")
        path = self.folder / name
        if source is not None:
            shutil.copyfile(source, path)
        elif not path.exists():
            path.write_bytes(b"x" * 1000)
        lies = path.stat()
        companions = [Companion(one, 1, 1) for one in beside]
        result: Outcome = Probed(facts) if facts is not None else ProbeFailed("Nobody has looked into it.")
        if source is not None:
            with path.open("rb") as file:
                result = child.examine(file.fileno())
            assert isinstance(result, Probed)
        item = item or ItemRef("movie", uuid4())
        self.shelf.films.setdefault(item.id, (self.library, path.stem))
        async with self.database.write() as db:
            found = Found((), name, lies.st_size, lies.st_mtime_ns, lies.st_ino, companions)
            (id,) = await FileRepository().add(db, self.library, self.root, [found])
            if facts is not None or source is not None:
                await FileRepository().probed(db, {id: result})
            await FileRepository().link(db, [(id, item, None)])
        return item

    async def file_of(self, item: ItemRef, caller: Caller) -> UUID:
        return (await self.files.of_item(item, caller))[0].id

    async def watch(self, item: ItemRef, caller: Caller, client: Player | None = CHROMIUM, **more: Any) -> Session:
        """Begin a viewing."""
        return await self.playback.begin(SessionRequest(item, client=client, **more), caller, "")

    async def tell(self, session: Session, caller: Caller, position_ms: int, **more: Any) -> int | None:
        """Report a position; the one that stands when it is refused."""
        stands = await self.playback.report(session.id, Report(position_ms, **more), caller)
        return stands and stands.position_ms

    async def sql(self, statement: str, **values: Any) -> Any:
        """Run SQL where only time could do the same."""
        async with self.database.write() as db:
            return await db.execute(text(statement), values)


@pytest.fixture
def told() -> list[Event]:
    """Events that were published."""
    return []


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def database(database_url: str, told: list[Event], held: Held) -> AsyncIterator[Database]:
    async def publish(events: Sequence[Event]) -> None:
        told.extend(events)

    async with Database(database_url, PoolSettings(max_conns=5), publish=publish, drop=held.drop).lifetime() as ready:
        yield ready


@pytest.fixture
async def house(household: Household, held: Held, tmp_path: Path) -> House:
    (tmp_path / "films").mkdir()
    built = House(household, held, tmp_path / "films")
    await built.open()
    return built


@pytest.fixture
async def ann(house: House, admin: Caller) -> Caller:
    """An admin who sees the library."""
    return msgspec.structs.replace(admin, libraries=house.household.visible)


@pytest.fixture
async def bob(house: House, a_user: Caller) -> Caller:
    """A user who sees the library."""
    return msgspec.structs.replace(a_user, libraries=house.household.visible)


@pytest.fixture
async def doors(house: House, tmp_path: Path) -> AsyncIterator[Doors]:
    """The house on a free port; its segments are made by real children."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(media_pool(2).lifetime())
        segments = Segments(Renderer(pool, threads=1), Subtitles(pool), tmp_path / "segments", 64 << 20, ahead=False)
        await stack.enter_async_context(segments.lifetime())
        house.pool, house.segments = pool, segments
        module = house.furnish(Prober(pool), segments)
        frame = Frame(authenticator=house.household.auth, tickets=house.tickets)
        yield await stack.enter_async_context(opened([*house.household.endpoints(), *module.endpoints()], frame))


def away(path: Path) -> None:
    """Take a folder away, as an unplugged disk does."""
    path.rename(path.with_name(f"{path.name} unplugged"))
