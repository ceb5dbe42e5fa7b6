"""The parts a command works with: those of the running node, or its own for as long as it takes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec.structs import replace

from revenge.bootstrap.build import build
from revenge.bootstrap.ground import Part
from revenge.bootstrap.house import House
from revenge.bootstrap.settings import Settings
from revenge.infra.embedded.lock import DataLock, holder
from revenge.infra.embedded.place import runtime_dir
from revenge.infra.embedded.postgres import EmbeddedPostgres
from revenge.infra.embedded.valkey import EmbeddedStore


@asynccontextmanager
async def servers(settings: Settings, *, store: bool = True) -> AsyncIterator[Settings]:
    """The settings with the addresses of a database and a store that answer while the block lasts; nothing else is started."""
    node = holder(settings.data_dir)
    run = node.runtime_dir if node else runtime_dir(settings.data_dir)
    postgres, valkey = EmbeddedPostgres(settings.data_dir, run), EmbeddedStore(settings.data_dir, run)
    async with AsyncExitStack() as stack:
        if node is None:
            await stack.enter_async_context(DataLock(settings.data_dir, run).lifetime())
            if not settings.database.url:
                await stack.enter_async_context(postgres.lifetime())
            if store and not settings.cache.url:
                await stack.enter_async_context(valkey.lifetime())
        yield replace(
            settings,
            database=replace(settings.database, url=settings.database.url or postgres.url),
            cache=replace(settings.cache, url=settings.cache.url or valkey.url),
        )


@asynccontextmanager
async def opened_house(settings: Settings) -> AsyncIterator[House]:
    """A house whose rooms can be used.

    Beside a running node it has that node's database and store, and leaves the work to it. Otherwise it is a whole node without its door,
    and does its own jobs.
    """
    async with AsyncExitStack() as stack:
        if holder(settings.data_dir):
            settings = await stack.enter_async_context(servers(settings))
            house = visiting(settings)
            parts: Sequence[Part] = (house.ground.database, house.ground.store)
        else:
            house = build(settings, runtime_dir(settings.data_dir), "")
            parts = house.parts
        for part in parts:
            await stack.enter_async_context(part.lifetime())
        yield house


def visiting(settings: Settings) -> House:
    """A house on servers that are there already. Its parts must not be opened all: the data directory is held by who started them."""
    assert settings.database.url
    assert settings.cache.url
    return build(settings, settings.data_dir, "")
