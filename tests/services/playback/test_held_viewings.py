"""A viewing that is held near the requests ends with the commit that ended it, on every node that hears of it."""

import asyncio

from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.infra.cache.store import Store
from revenge.infra.notices import Listener
from revenge.services.playback.held import HeldViewings
from tests.services.playback.films import film


async def test_a_viewing_ended_on_one_node_is_dropped_on_another(house, bob, store: Store):
    session = await house.watch(await house.film(facts=film("mp4 h264 aac")), bob)
    listener = Listener(house.database.url)
    bus = Bus(listener)
    cache = Cache(store, bus)
    there, loads = HeldViewings(cache), []

    async def load():
        loads.append(1)
        return len(loads)

    async with listener.lifetime(), cache.lifetime():
        while not bus.alive:
            await asyncio.sleep(0.005)
        assert [await there.get(session.id, load) for _ in range(3)] == [1, 1, 1]
        await house.playback.end(session.id, bob)
        async with asyncio.timeout(5):
            while await there.get(session.id, load) == 1:
                await asyncio.sleep(0.005)
