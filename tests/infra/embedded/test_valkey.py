"""The Redis-protocol server a node brings along."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import pytest
from redis import asyncio as redis
from redis.exceptions import ConnectionError as Gone

from revenge.core.errors import StartRefused
from revenge.infra.embedded import place
from revenge.infra.embedded.valkey import EmbeddedStore, level
from tests.infra.embedded.conftest import fill, make_read_only


def at(data_dir):
    return EmbeddedStore(data_dir, place.runtime_dir(data_dir))


async def test_what_was_written_is_there_after_the_next_start(data_dir):
    server = at(data_dir)
    async with server.lifetime() as url, redis.from_url(url) as store:
        await store.set("key", "value")
    async with server.lifetime() as url, redis.from_url(url) as store:
        assert await store.get("key") == b"value"


async def test_it_never_forgets_a_job_and_listens_to_nobody_else(data_dir):
    server = at(data_dir)
    async with server.lifetime() as url, redis.from_url(url, decode_responses=True) as store:
        assert await store.config_get("appendonly", "appendfsync", "maxmemory-policy", "port", "save") == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
            "save": "",
        }
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        pid = (await store.info("server"))["process_id"]
        assert Path(f"/proc/{pid}").stat().st_uid == server.socket.parent.stat().st_uid
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert not server.socket.exists()


async def test_a_killed_one_comes_back_with_all_it_acknowledged(data_dir):
    server = at(data_dir)
    async with server.lifetime() as url, redis.from_url(url) as store:
        for number in range(500):
            await store.rpush("jobs", number)
        os.kill((await store.info("server"))["process_id"], signal.SIGKILL)
        async with asyncio.timeout(10):
            while True:
                try:
                    assert await store.llen("jobs") == 500
                    break
                except (Gone, OSError):
                    await asyncio.sleep(0.02)


async def test_a_disk_that_filled_up_is_told(small_disk):
    fill(small_disk)
    with pytest.raises(StartRefused, match=r"full"):
        async with EmbeddedStore(small_disk, small_disk.parent / "run").lifetime():
            pass


async def test_a_read_only_disk_is_told(small_disk):
    server = EmbeddedStore(small_disk, small_disk.parent / "run")
    async with server.lifetime():
        pass
    make_read_only(small_disk)
    with pytest.raises(StartRefused, match="read-only"):
        async with server.lifetime():
            pass


def test_only_what_needs_attention_stands_out_in_the_log():
    assert level("25:M 22 Nov 2026 21:01:47.498 * Server initialized") == "DEBUG"
    assert level("25:M 22 Nov 2026 21:01:47.498 # WARNING Memory overcommit must be enabled!") == "DEBUG"
    assert level("25:M 22 Nov 2026 21:01:47.498 # Error writing to the AOF file") == "WARNING"
