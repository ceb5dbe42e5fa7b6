"""Run both servers as an ordinary user: `ordinary.py <directory> <uid> <interpreter>`, started by root.

Root's interpreter may lie where that user cannot reach it; so everything is imported before root is given up, and the
servers are launched with another interpreter.
"""

import asyncio
import os
import sys
from concurrent.futures import thread  # noqa: F401 - imported when first used
from encodings import idna  # noqa: F401 - sockets ask for it by name
from pathlib import Path

import asyncpg
from redis import asyncio as redis

from revenge.infra.embedded import place
from revenge.infra.embedded.postgres import EmbeddedPostgres
from revenge.infra.embedded.valkey import EmbeddedStore


async def main(data_dir: Path) -> None:
    runtime_dir = place.runtime_dir(data_dir)
    async with EmbeddedPostgres(data_dir, runtime_dir).lifetime() as url, EmbeddedStore(data_dir, runtime_dir).lifetime() as store_url:
        connection = await asyncpg.connect(url)
        print(await connection.fetchval("SHOW data_directory"))
        await connection.close()
        async with redis.from_url(store_url) as store:
            print((await store.info("server"))["process_id"] > 0)


if __name__ == "__main__":
    asyncio.run(asyncio.sleep(0))  # what a loop imports late
    os.setgroups([])
    os.setresgid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
    os.setresuid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
    sys.executable = sys.argv[3]
    asyncio.run(main(Path(sys.argv[1])))
