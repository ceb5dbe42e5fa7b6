"""Nodes, the store and PostgreSQL die in turn while thousands of jobs run."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from revenge.core.errors import Unavailable
from revenge.core.work import Ask
from revenge.infra.cache.store import Store
from revenge.infra.database import Database, migrate
from revenge.infra.database_settings import PoolSettings
from revenge.infra.embedded import postgres, postmaster
from revenge.infra.jobs.outbox import Outbox
from tests.fixtures.jobs import MortalStore, Site
from tests.fixtures.servers import short_directory

NODE = Path(__file__).with_name("a_node.py")
JOBS = 10_000
PAYMENTS = 1_000
"""Those of them that are not idempotent."""
TURNS = 20
FLUSHES = (3, 10, 17)
"""Turns in which the store is flushed, too."""


class Ground:
    """A site whose every part may die: two nodes, a store, a PostgreSQL that is started again when it ends."""

    def __init__(self, site: Site, store: MortalStore, server: postgres.EmbeddedPostgres) -> None:
        self.site = site
        self.store = store
        self.server = server
        self.nodes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        self.nodes[name] = subprocess.Popen(
            [sys.executable, str(NODE), self.site.database.url, self.site.store.url, name],
            cwd=Path.cwd(),
            env={"PYTHONPATH": "."},
            stderr=subprocess.DEVNULL,
        )

    def kill_node(self, name: str) -> None:
        self.nodes[name].kill()
        self.nodes[name].wait()

    async def kill_store(self) -> None:
        self.store.kill()
        await asyncio.sleep(0.3)
        await self.store.start()

    async def kill_postgres(self) -> None:
        """As a power cut would; returns when the server is back, which its own supervisor sees to."""
        server = postmaster.read(self.server.directory)
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        while not (new := postmaster.read(self.server.directory)) or new.pid == server.pid or not new.ready:
            await asyncio.sleep(0.05)

    async def scalar(self, statement: str) -> int:
        """Ask until there is an answer."""
        while True:
            try:
                async with self.site.database.read() as db:
                    return (await db.execute(text(statement))).scalar_one()
            except Unavailable:
                await asyncio.sleep(0.1)


@pytest.fixture
async def ground(mortal_store: MortalStore) -> AsyncIterator[Ground]:
    with short_directory() as place:
        server = postgres.EmbeddedPostgres(place, place / "run")
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(server.lifetime())
            await migrate.upgrade(url)
            store = await stack.enter_async_context(Store(mortal_store.url).lifetime())
            database = await stack.enter_async_context(Database(url, PoolSettings(max_conns=6), Outbox()).lifetime())
            ground = Ground(Site(database, store), mortal_store, server)
            try:
                yield ground
            finally:
                for name in ground.nodes:
                    ground.kill_node(name)


@pytest.mark.long
@pytest.mark.timeout(290)
async def test_every_job_takes_effect_whatever_dies(ground, capsys):
    async with ground.site.database.write() as db:
        await db.execute(text("create table effects (n int primary key, runs int not null default 1)"))
        await db.execute(text("create table payments (n int not null)"))
    for name in ("one", "two"):
        ground.start(name)
    chance = random.Random(7)
    began, killed, flushed = time.monotonic(), 0, 0
    each, paid = JOBS // TURNS, PAYMENTS // TURNS
    for turn in range(TURNS):
        await ground.scalar("select 1")
        numbers = range(turn * each, (turn + 1) * each)
        await ground.site.ask(*(Ask("pay" if n % each < paid else "effect", str(n), {"n": n}) for n in numbers))
        await asyncio.sleep(chance.uniform(0.2, 0.9))
        match turn % 3:
            case 0:
                name = chance.choice(list(ground.nodes))
                ground.kill_node(name)
                ground.start(name)
            case 1:
                await ground.kill_store()
            case 2:
                await ground.kill_postgres()
        killed += 1
        if turn in FLUSHES:
            await ground.site.store.redis.flushall()
            flushed += 1
    async with asyncio.timeout(150):
        while await ground.scalar("select count(*) from shared.outbox where finished_at is null"):
            await asyncio.sleep(0.2)
    seconds = time.monotonic() - began
    assert (killed, flushed) == (TURNS, len(FLUSHES))
    assert await ground.scalar("select count(*) from effects") == JOBS - PAYMENTS
    assert await ground.scalar("select count(*) from payments") == PAYMENTS, "each of them once, and none twice"
    assert await ground.scalar("select count(distinct n) from payments") == PAYMENTS
    assert await ground.scalar("select count(*) from shared.outbox where failed") == 0
    repeated = await ground.scalar("select sum(runs - 1) from effects")
    with capsys.disabled():
        print(f"\n{JOBS} jobs, {killed} kills, {flushed} flushes, all done after {seconds:.0f} s; {repeated} idempotent runs were repeated")
