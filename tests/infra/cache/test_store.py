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


async def test_whoever_waits_for_the_store_can_be_cancelled_at_any_moment(store_server):
    """redis-py's own writing swallows a cancellation that comes just when the write is done."""
    for delay in range(100):
        async with Store(store_server).lifetime() as store:
            asking = asyncio.create_task(store.redis.get("a"))
            await asyncio.sleep(delay * 2e-5)
            if asking.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await asking
