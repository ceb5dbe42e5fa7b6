"""The shared store's client."""

import asyncio

import pytest

from revenge.infra.cache.store import GONE, Store


async def test_what_is_written_is_read_back_as_bytes(store):
    await store.redis.set("a", "ü")
    assert await store.redis.get("a") == "ü".encode()


async def test_it_knows_which_server_process_it_talks_to(store):
    await store.ping()
    assert store.life.startswith(b"run_id:")


async def test_a_store_that_is_away_fails_quickly_and_with_one_kind_of_error(tmp_path):
    async with Store(f"unix://{tmp_path}/nobody").lifetime() as store:
        async with asyncio.timeout(1):
            with pytest.raises(GONE):
                await store.ping()
