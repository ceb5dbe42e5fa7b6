"""Nodes, the store and the database's connections die in turn while thousands of jobs run."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from revenge.core.work import Ask

NODE = Path(__file__).with_name("a_node.py")
JOBS = 4000


def start(site, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(NODE), site.database.url, site.store.url, name],
        cwd=Path.cwd(),
        env={"PYTHONPATH": "."},
        stderr=subprocess.DEVNULL,
    )


async def scalar(site, statement: str) -> int:
    async with site.database.read() as db:
        return (await db.execute(text(statement))).scalar_one()


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_every_job_takes_effect_whatever_dies(fragile_site, mortal_store):
    site = fragile_site
    async with site.database.write() as db:
        await db.execute(text("create table effects (n int primary key, runs int not null default 1)"))
    nodes = {name: start(site, name) for name in ("one", "two")}
    chance = random.Random(7)
    asked = 0
    try:
        for turn in range(20):
            await site.ask(*(Ask("effect", str(n), {"n": n}) for n in range(asked, asked + JOBS // 20)))
            asked += JOBS // 20
            await asyncio.sleep(chance.uniform(0.3, 1.0))
            match turn % 4:
                case 0 | 2:
                    name = chance.choice(list(nodes))
                    nodes[name].kill()
                    nodes[name].wait()
                    nodes[name] = start(site, name)
                case 1:
                    mortal_store.kill()
                    await asyncio.sleep(0.3)
                    await mortal_store.start()
                case 3 if turn % 8 == 3:
                    await site.store.redis.flushall()
                case 3:
                    await scalar(
                        site,
                        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
                    )
        async with asyncio.timeout(90):
            while await scalar(site, "select count(*) from shared.outbox where finished_at is null"):
                await asyncio.sleep(0.2)
        assert await scalar(site, "select count(*) from effects") == asked
        assert await scalar(site, "select count(*) from shared.outbox where failed") == 0
        print("runs beyond the first:", await scalar(site, "select sum(runs - 1) from effects"))
    finally:
        for node in nodes.values():
            node.kill()
            node.wait()
