"""A node as a process of its own, for tests that kill it: `python a_node.py DATABASE STORE NAME`."""

import asyncio
import sys

from sqlalchemy import text

from revenge.infra.cache.store import Store
from revenge.infra.database import Database
from revenge.infra.database_settings import PoolSettings
from revenge.infra.jobs import Job
from revenge.infra.jobs.outbox import Outbox
from revenge.infra.jobs.workers import Workers
from revenge.infra.notices import Listener


async def main(url: str, store_url: str, name: str) -> None:
    database = Database(url, PoolSettings(), Outbox())

    async def effect(n: int) -> None:
        """Idempotent by its key; counts its runs all the same."""
        async with database.write() as db:
            await db.execute(text("insert into effects values (:n) on conflict (n) do update set runs = effects.runs + 1"), {"n": n})

    listener = Listener(url)
    jobs = [Job("effect", "library", effect, timeout=1.0, tries=9, first_wait=0.2)]
    async with Store(store_url).lifetime() as store, database.lifetime(), listener.lifetime():
        workers = Workers(jobs, database, store, listener, name)
        await stay(workers)


async def stay(workers: Workers) -> None:
    async with workers.lifetime():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
