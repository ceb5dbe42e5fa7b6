"""A node as a process of its own, for tests that kill it: `python a_node.py DATABASE STORE NAME`."""

import asyncio
import sys

from sqlalchemy import text

from revenge.infra.cache.store import Store
from revenge.infra.database import Database
from revenge.infra.database_settings import PoolSettings
from revenge.infra.jobs import Job, JobContext
from revenge.infra.jobs.outbox import Outbox
from revenge.infra.jobs.workers import Workers
from revenge.infra.notices import Listener

SECONDS = 3.0
"""The longest a job may take: a lost one comes back this and ten seconds later at the latest."""
_STARTS = 60
"""More than there are disturbances: none of them may use a job's tries up."""


async def main(url: str, store_url: str, name: str) -> None:
    database = Database(url, PoolSettings(max_conns=8), Outbox())

    async def effect(n: int) -> None:
        """Idempotent by its key; counts its runs all the same."""
        async with database.write() as db:
            await db.execute(text("insert into effects values (:n) on conflict (n) do update set runs = effects.runs + 1"), {"n": n})

    async def pay(n: int, context: JobContext) -> None:
        """Not idempotent: each run adds a row, and ends its job with it."""
        async with database.write() as db:
            await db.execute(text("insert into payments values (:n)"), {"n": n})
            await context.settle(db)

    listener = Listener(url)
    jobs = [
        Job("effect", "library", effect, timeout=SECONDS, tries=_STARTS, first_wait=0.1),
        Job("pay", "metadata", pay, timeout=SECONDS, tries=_STARTS, first_wait=0.1),
    ]
    async with Store(store_url).lifetime() as store, database.lifetime(), listener.lifetime():
        workers = Workers(jobs, database, store, listener, name)
        await stay(workers)


async def stay(workers: Workers) -> None:
    async with workers.lifetime():
        await asyncio.Event().wait()


async def persistently(url: str, store_url: str, name: str) -> None:
    """A node that comes up while the database is away is started again by whoever looks after it."""
    while True:
        try:
            await main(url, store_url, name)
        except Exception:  # noqa: BLE001 - whatever ends it, it is started again
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(persistently(*sys.argv[1:]))
