"""Sessions behind the real cache and bus, on two nodes that share a database and a store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from time import monotonic

import pytest

from revenge.core.caller import Caller
from revenge.core.errors import Unauthenticated
from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.infra.cache.store import Store
from revenge.infra.notices import Listener
from revenge.services.session.held import HeldSessions
from revenge.services.session.service import Sessions
from revenge.services.user.entity import UserEdit
from tests.fixtures.people import SECRET, Household


async def node(stack: AsyncExitStack, household: Household, store: Store) -> Sessions:
    """The sessions of one node."""
    listener = Listener(household.database.url)
    bus = Bus(listener)
    cache = Cache(store, bus)
    await stack.enter_async_context(listener.lifetime())
    await stack.enter_async_context(cache.lifetime())
    return Sessions(household.database, HeldSessions(cache, bus), SECRET, household.clock)


@pytest.fixture
async def nodes(household, store) -> AsyncIterator[tuple[Sessions, Sessions]]:
    async with AsyncExitStack() as stack:
        here = await node(stack, household, store)
        household.sessions = household.auth.sessions = household.users.sign_ins = here
        yield here, await node(stack, household, store)


async def refused_within(seconds: float, sessions: Sessions, caller: Caller) -> bool:
    """Whether the node stops to know the caller in time."""
    end = monotonic() + seconds
    while monotonic() < end:
        try:
            await sessions.holder(caller.session_id)
        except Unauthenticated:
            return True
        await asyncio.sleep(0.001)
    return False


async def test_a_session_ended_here_is_refused_here_at_once_and_elsewhere_within_a_second(household, nodes, a_user):
    here, there = nodes
    for one in nodes:
        assert await one.holder(a_user.session_id)
    await here.end(a_user.session_id, a_user)
    with pytest.raises(Unauthenticated):
        await here.holder(a_user.session_id)
    assert await refused_within(1, there, a_user)


async def test_a_session_that_ends_under_a_storm_of_requests_stays_ended(household, nodes, a_user):
    here, there = nodes
    over = asyncio.Event()

    async def storm(sessions):
        refused_once = False
        while not over.is_set():
            try:
                await sessions.holder(a_user.session_id)
                assert not refused_once, "a session that had ended opened again"
            except Unauthenticated:
                refused_once = True
            await asyncio.sleep(0)
        return refused_once

    storms = [asyncio.ensure_future(storm(one)) for one in (here, there) for _ in range(3)]
    for _ in range(20):
        await here.holder(a_user.session_id)
        here.cache._bus.drop(["session:" + str(a_user.session_id)])
    await there.end(a_user.session_id, a_user)
    await asyncio.sleep(0.3)
    over.set()
    assert await asyncio.gather(*storms) == [True] * 6


async def test_a_demotion_reaches_the_other_node(household, nodes, admin, a_user):
    _, there = nodes
    await household.users.edit(a_user.user_id, UserEdit(role="admin"), admin)
    assert (await there.holder(a_user.session_id)).role == "admin"
    await household.users.edit(a_user.user_id, UserEdit(role="user"), admin)
    async with asyncio.timeout(1):
        while (await there.holder(a_user.session_id)).role == "admin":
            await asyncio.sleep(0.005)


async def test_an_emptied_store_signs_nobody_out(household, nodes, store, a_user):
    await store.redis.flushall()
    for one in nodes:
        one.cache._cache._local.clear()
        assert await one.holder(a_user.session_id)


async def test_an_ended_session_that_keeps_knocking_asks_the_database_once(household, nodes, a_user, monkeypatch):
    here, _ = nodes
    await here.end(a_user.session_id, a_user)
    loads = 0
    find = here.store.holder

    async def counted(*arguments):
        nonlocal loads
        loads += 1
        return await find(*arguments)

    monkeypatch.setattr(here.store, "holder", counted)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await here.holder(a_user.session_id)
        await asyncio.sleep(0.002)
    assert loads <= 2
