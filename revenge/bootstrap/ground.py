"""What every room stands on, and the child processes that open untrusted files."""

import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import revenge
from revenge.bootstrap.settings import Settings
from revenge.core.tickets import Tickets
from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.infra.cache.store import Store
from revenge.infra.database import Database, migrate
from revenge.infra.embedded.lock import DataLock
from revenge.infra.embedded.place import make_own
from revenge.infra.embedded.postgres import EmbeddedPostgres
from revenge.infra.embedded.valkey import EmbeddedStore
from revenge.infra.feed import Feed
from revenge.infra.jobs.outbox import Outbox
from revenge.infra.notices import Listener
from revenge.infra.site.identity import ServerIdentity
from revenge.infra.site.secrets import SharedSecrets
from revenge.infra.trace import tracer
from revenge.media.engines import Engines, devices
from revenge.media.loudness import Meter
from revenge.media.opinions import Opinions
from revenge.media.pictures import POOL_ENVIRONMENT, POOL_LIMITS, POOL_PRELOAD, POOL_WARM, Pictures
from revenge.media.pool import Pool
from revenge.media.pools import engine_pool, media_pool
from revenge.media.probe import Prober
from revenge.media.render import Renderer
from revenge.media.segments import Segments
from revenge.media.subtitles import Subtitles

ARTWORK, SEGMENTS = OWN_FOLDERS = ("artwork", "segments")


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


class OwnFolders:
    """Folders in the data directory that nobody but the node may look into, those of an older version included."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Make or close them. Raises StartRefused when that cannot be."""
        for folder in self.folders:
            make_own(folder, None)
        yield


class Ground:
    """What every room stands on. A part whose URL is not set is the embedded one."""

    def __init__(self, settings: Settings, run: Path) -> None:
        postgres = EmbeddedPostgres(settings.data_dir, run)
        valkey = EmbeddedStore(settings.data_dir, run)
        url = settings.database.url or postgres.url
        self.secret = secret(settings)
        self.tickets = Tickets(self.secret)
        self.store = Store(settings.cache.url or valkey.url)
        self.feed = Feed(self.store)
        self.listener = Listener(url)
        self.bus = Bus(self.listener)
        self.tracer = tracer(settings.trace, settings.cluster.node_id or socket.gethostname(), revenge.__version__)
        self.database = Database(
            url, settings.database.pool, Outbox(self.tracer), self.feed.publish, self.bus.committed, tracer=self.tracer
        )
        self.cache = Cache(self.store, self.bus)
        embedded: list[tuple[Part, str | None]] = [(postgres, settings.database.url), (valkey, settings.cache.url)]
        shared = SharedSecrets(
            self.database,
            {
                "auth.jwt_secret": settings.auth.jwt_secret,
                "encryption.key": settings.encryption.key,
                "legacy.encryption_key": settings.legacy.encryption_key,
            },
        )
        self.identity = ServerIdentity(self.database)
        own = [part for part, elsewhere in embedded if elsewhere is None]
        ready: list[Part] = [
            Migrated(url),
            self.tracer,
            self.database,
            shared,
            self.identity,
            self.store,
            self.listener,
            self.cache,
            self.feed,
        ]
        self.parts: list[Part] = [DataLock(settings.data_dir, run), OwnFolders(*map(settings.data_dir.joinpath, OWN_FOLDERS)), *own, *ready]
        """Parts in order of need."""


class Children:
    """The child processes that open untrusted files."""

    def __init__(self, settings: Settings) -> None:
        media = media_pool(kept=1)  # whoever begins to watch waits for no child to start
        images = Pool("image", preload=POOL_PRELOAD, warm=POOL_WARM, limits=POOL_LIMITS, environment=POOL_ENVIRONMENT)
        names = Pool("names", preload=("revenge.media.names_guess",), warm=("revenge.media.names_guess:warm",))
        self.prober = Prober(media)
        self.meter = Meter(media)
        self.pictures = Pictures(images, media)
        self.opinions = Opinions(names)
        engines = Engines(engine_pool(devices()))
        self.segments = Segments(Renderer(media, engines=engines), Subtitles(media), _segments(settings), settings.playback.segments_quota)
        self.parts: list[Part] = [media, engines.pool, images, names, engines, self.segments]


def _segments(settings: Settings) -> Path:
    elsewhere = settings.playback.segments_dir
    return elsewhere / f"revenge-{SEGMENTS}" if elsewhere else settings.data_dir / SEGMENTS


def secret(settings: Settings) -> str:
    """Return what signs tokens and tickets; `secrets.completed` has seen to it that it is there."""
    assert settings.auth.jwt_secret is not None
    return settings.auth.jwt_secret.reveal()
