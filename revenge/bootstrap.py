"""The only place that says "new". Read top to bottom it is the table of contents of the product."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Endpoint
from revenge.api.mount import Frame, mount
from revenge.api.settings import ServerSettings
from revenge.content.movie.module import MovieModule
from revenge.core.settings import about
from revenge.core.settings.reserved import (
    ArrSettings,
    ClusterSettings,
    EncryptionSettings,
    LegacySettings,
    MetadataSettings,
    OidcSettings,
)
from revenge.core.tickets import Tickets
from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.infra.cache.settings import CacheSettings
from revenge.infra.cache.store import Store
from revenge.infra.database import Database, migrate
from revenge.infra.database.settings import DatabaseSettings
from revenge.infra.embedded.lock import DataLock
from revenge.infra.embedded.postgres import EmbeddedPostgres
from revenge.infra.embedded.valkey import EmbeddedStore
from revenge.infra.jobs import Job
from revenge.infra.jobs.outbox import Outbox
from revenge.infra.jobs.workers import Workers
from revenge.infra.log import LogSettings
from revenge.infra.notices import Listener
from revenge.media.opinions import Opinions
from revenge.media.pictures import POOL_ENVIRONMENT, POOL_PRELOAD, POOL_WARM, Pictures
from revenge.media.pool import Pool
from revenge.media.pools import media_pool
from revenge.media.probe import Prober
from revenge.media.render import Renderer
from revenge.media.segments import Segments
from revenge.media.subtitles import Subtitles
from revenge.services.auth.module import AuthModule
from revenge.services.auth.proof import Proof
from revenge.services.auth.settings import AuthSettings
from revenge.services.library.entity import ContentLibrary, Shelf
from revenge.services.library.module import LibraryModule
from revenge.services.library.near import NearLibraries
from revenge.services.library.service import Libraries
from revenge.services.metadata.module import MetadataModule
from revenge.services.playback.module import PlaybackModule, Studio
from revenge.services.search.module import SearchModule
from revenge.services.search.settings import SearchSettings
from revenge.services.session.held import HeldSessions
from revenge.services.session.module import SessionModule
from revenge.services.setup.module import SetupModule
from revenge.services.user.module import UserModule
from revenge.services.user.service import Users


class Settings(Struct, frozen=True):
    """Everything that can be set, one section per part."""

    data_dir: Annotated[Path, about("Directory of everything the node keeps.")] = Path("data")
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    cache: CacheSettings = CacheSettings()
    search: SearchSettings = SearchSettings()
    auth: AuthSettings = AuthSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    log: LogSettings = LogSettings()
    metadata: MetadataSettings = MetadataSettings()
    arr: ArrSettings = ArrSettings()
    oidc: OidcSettings = OidcSettings()
    legacy: LegacySettings = LegacySettings()
    cluster: ClusterSettings = ClusterSettings()

    def __post_init__(self) -> None:
        """Refuse what no single section can see."""
        missing = [name for name, url in (("database.url", self.database.url), ("cache.url", self.cache.url)) if not url]
        if self.cluster.enabled and missing:
            raise ValueError(f"cluster.enabled needs {' and '.join(missing)}: the nodes of a cluster share one database and one store.")


SEGMENT_QUOTA = 4 << 30
"""Bytes of disk that segments of what is being watched may take."""


class Part(Protocol):
    """Something with a life: opened when the house opens, closed when it closes."""

    def lifetime(self) -> AbstractAsyncContextManager[Any]:
        """Live for as long as the block lasts."""


class Migrated:
    """The schema as this version needs it, before anything reads from it."""

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Bring the schema up to date."""
        await migrate.upgrade(self.url)
        yield


class Ground:
    """What every room stands on."""

    def __init__(self, settings: Settings, run: Path) -> None:
        postgres = EmbeddedPostgres(settings.data_dir, run)
        valkey = EmbeddedStore(settings.data_dir, run)
        url = settings.database.url or postgres.url
        self.database = Database(url, settings.database.pool, Outbox())
        self.store = Store(settings.cache.url or valkey.url)
        self.listener = Listener(url)
        self.bus = Bus(self.listener)
        self.cache = Cache(self.store, self.bus)
        self.tickets = Tickets(_secret(settings))
        embedded: list[tuple[Part, str | None]] = [(postgres, settings.database.url), (valkey, settings.cache.url)]
        own = [part for part, elsewhere in embedded if elsewhere is None]
        self.parts: list[Part] = [
            DataLock(settings.data_dir, run),
            *own,
            Migrated(url),
            self.database,
            self.store,
            self.listener,
            self.cache,
        ]


class Children:
    """The child processes that open untrusted files."""

    def __init__(self, settings: Settings) -> None:
        media = media_pool()
        images = Pool("image", preload=POOL_PRELOAD, warm=POOL_WARM, environment=POOL_ENVIRONMENT)
        names = Pool("names", preload=("revenge.media.names_guess",), warm=("revenge.media.names_guess:warm",))
        self.prober = Prober(media)
        self.pictures = Pictures(images, media)
        self.opinions = Opinions(names)
        self.segments = Segments(Renderer(media), Subtitles(media), settings.data_dir / "segments", SEGMENT_QUOTA)
        self.parts: list[Part] = [media, images, names, self.segments]


class House:
    """All rooms of one node, put together and not opened yet."""

    def __init__(
        self,
        settings: Settings,
        ground: Ground,
        parts: Sequence[Part],
        endpoints: Sequence[Endpoint],
        frame: Frame,
        workers: Workers,
        users: Users,
        libraries: Libraries,
    ) -> None:
        self.settings = settings
        self.ground = ground
        self.parts = parts
        self.endpoints = endpoints
        self.frame = frame
        self.workers = workers
        self.users = users
        self.libraries = libraries

    def application(self) -> web.Application:
        """Return the HTTP application; its `cleanup_ctx` opens the parts in order and closes them in reverse."""
        app = web.Application()
        mount(app, self.endpoints, self.frame)
        app.cleanup_ctx.extend(_during(part) for part in self.parts)
        return app

    async def drain(self, grace: float) -> None:
        """Take no new jobs and let the running ones finish, for `grace` seconds at most."""
        await self.workers.drain(grace)


def build(settings: Settings, run: Path, setup_code: str) -> House:
    """Put a node together. `run` is the directory of its sockets, `setup_code` the one a stranger needs for the setup. No I/O."""
    ground = Ground(settings, run)
    database, tickets, secret = ground.database, ground.tickets, _secret(settings)
    children = Children(settings)
    contents: dict[str, ContentLibrary] = {}
    shelves: dict[str, Shelf] = {}

    library = LibraryModule(database, contents, children.prober)
    session = SessionModule(database, HeldSessions(ground.cache, ground.bus), secret)
    proof = Proof.over(database)
    user = UserModule(database, proof, session.sessions)
    auth = AuthModule(user.users, session.sessions, proof, NearLibraries(ground.cache, library.libraries).visible, secret)
    setup = SetupModule(database, auth.auth, setup_code)
    metadata = MetadataModule(database, settings.data_dir / "artwork", children.pictures, tickets, auth.auth)
    search = SearchModule(database, shelves)
    studio = Studio(children.prober, children.segments)
    playback = PlaybackModule(database, library.files, shelves, studio, tickets, auth.auth)
    movie = MovieModule(database, library.files, metadata, playback.progress, search.index, children.opinions)
    for module in (movie,):
        contents[module.kind] = module.library
        shelves[module.kind] = module.movies

    rooms = (library, session, user, auth, setup, metadata, search, playback, movie)
    endpoints = [endpoint for room in rooms for endpoint in room.endpoints()]
    jobs: list[Job] = [job for room in (library, session, auth, metadata, playback) for job in room.jobs()]
    workers = Workers(jobs, database, ground.store, ground.listener)
    frame = Frame(authenticator=auth.auth, tickets=tickets, server=settings.server)
    parts = [*ground.parts, *children.parts, auth, workers]
    return House(settings, ground, parts, endpoints, frame, workers, user.users, library.libraries)


def _secret(settings: Settings) -> str:
    """Return what signs tokens and tickets; `secrets.completed` has seen to it that it is there."""
    assert settings.auth.jwt_secret is not None
    return settings.auth.jwt_secret.reveal()


def _during(part: Part) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return the context in which aiohttp keeps a part open."""

    async def context(_app: web.Application) -> AsyncIterator[None]:
        async with part.lifetime():
            yield

    return context
