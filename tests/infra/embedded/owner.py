"""A node in small, to be killed: holds a data directory, runs PostgreSQL on it, and tells which rows were acknowledged.

`python -m tests.infra.embedded.owner <data directory>` prints `ready <pid of the server>`, then a number for each row.
"""

import asyncio
import sys
from pathlib import Path

import asyncpg

from revenge.infra.embedded import place, postmaster
from revenge.infra.embedded.lock import DataLock
from revenge.infra.embedded.postgres import EmbeddedPostgres


async def main(data_dir: Path) -> None:
    runtime_dir = place.runtime_dir(data_dir)
    server = EmbeddedPostgres(data_dir, runtime_dir)
    async with DataLock(data_dir, runtime_dir).lifetime(), server.lifetime() as url:
        number = await begin(url)
        print("ready", postmaster.read(server.directory).pid, flush=True)
        while True:
            try:
                number = await insert(url, number)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                await asyncio.sleep(0.02)


async def begin(url: str) -> int:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS acknowledged (number int PRIMARY KEY)")
    last = await connection.fetchval("SELECT coalesce(max(number), 0) FROM acknowledged")
    await connection.close()
    return last


async def insert(url: str, number: int) -> int:
    connection = await asyncpg.connect(url)
    try:
        while True:
            await connection.execute("INSERT INTO acknowledged VALUES ($1) ON CONFLICT DO NOTHING", number + 1)
            number += 1
            print(number, flush=True)
    finally:
        connection.terminate()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
