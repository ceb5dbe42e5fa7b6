"""Sign-ins: seen, listed, ended at once, and never more than ten."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from revenge.core.errors import NotFound, Unauthenticated, Unavailable
from revenge.services.session.entity import Device
from revenge.services.session.tables import refresh_tokens, sessions
from tests.fixtures.people import PHONE, STRANGER, TELEVISION


async def access(household, entered) -> str:
    return household.auth.tokens(entered).access_token


async def count(household, table) -> int:
    async with household.database.read() as db:
        return (await db.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_session_that_is_ended_is_refused_at_the_next_request(household, admin, a_user):
    token = await access(household, await household.login("bob"))
    caller = await household.auth.authenticate(token, "bearer")
    await household.sessions.end(caller.session_id, a_user)
    with pytest.raises(Unauthenticated) as error:
        await household.auth.authenticate(token, "bearer")
    assert error.value.code == "session_ended"
    assert await household.auth.of_session(a_user.session_id)


async def test_a_logout_ends_the_session_with_its_refresh_token(household, a_user):
    entered = await household.login("bob")
    await household.auth.logout(await household.caller(entered))
    with pytest.raises(Unauthenticated):
        await household.caller(entered)
    with pytest.raises(Unauthenticated):
        await household.auth.refresh(entered.session.refresh_token, PHONE)


async def test_another_persons_session_cannot_be_ended_or_seen_to_exist(household, admin, a_user):
    for id in (admin.session_id, uuid4()):
        with pytest.raises(NotFound):
            await household.sessions.end(id, a_user)
    assert await household.auth.of_session(admin.session_id)


async def test_ending_a_session_twice_finds_nothing(household, a_user):
    other = (await household.login("bob")).session
    await household.sessions.end(other.session_id, a_user)
    with pytest.raises(NotFound):
        await household.sessions.end(other.session_id, a_user)


async def test_the_list_shows_ones_own_devices_last_seen_first(household, admin, a_user):
    household.clock.pass_(minutes=1)
    await household.login("bob", PHONE)
    listed = (await household.sessions.of(a_user)).items
    assert [(one.device_name, one.current) for one in listed] == [("Ann's phone", False), ("The television", True)]
    assert listed[0].ip == PHONE.address
    assert listed[0].user_agent == PHONE.user_agent


async def test_all_other_devices_are_signed_out_and_this_one_stays(household, admin, a_user):
    others = [await household.caller(await household.login("bob")) for _ in range(3)]
    await household.sessions.end_others(a_user)
    for other in others:
        with pytest.raises(Unauthenticated):
            await household.auth.of_session(other.session_id)
    for survivor in (a_user, admin):
        assert await household.auth.of_session(survivor.session_id)


async def test_the_eleventh_device_ends_the_one_not_seen_for_longest(household, admin):
    await household.person("bob")
    entered = []
    for _ in range(10):
        entered.append(await household.login("bob"))
        household.clock.pass_(seconds=10)
    await household.auth.refresh(entered[0].session.refresh_token, PHONE)
    assert [await household.caller(one) for one in entered]
    eleventh = await household.caller(await household.login("bob"))
    with pytest.raises(Unauthenticated):
        await household.caller(entered[1])
    alive = [*entered[:1], *entered[2:]]
    assert [await household.caller(one) for one in alive]
    assert len((await household.sessions.of(eleventh)).items) == 10


async def test_twenty_devices_at_once_leave_ten(household, a_user):
    await asyncio.gather(*(household.sessions.start(a_user.user_id, PHONE) for _ in range(20)))
    async with household.database.read() as db:
        assert len(await household.sessions.store.open_ids(db, a_user.user_id)) == 10


async def test_a_removed_account_cannot_start_a_session(household, admin, a_user):
    await household.users.remove(a_user.user_id)
    with pytest.raises(Unauthenticated):
        await household.sessions.start(a_user.user_id, PHONE)


async def test_an_expired_session_is_refused_though_it_is_still_held(household, a_user):
    household.clock.pass_(days=31)
    with pytest.raises(Unauthenticated):
        await household.auth.of_session(a_user.session_id)


async def test_that_a_device_was_seen_is_written_every_five_minutes_at_most(household, a_user):
    async def last_seen():
        household.cache.holders.clear()
        return (await household.sessions.holder(a_user.session_id)).last_seen_at

    start = await last_seen()
    household.clock.pass_(minutes=4)
    await household.auth.of_session(a_user.session_id)
    assert await last_seen() == start
    household.clock.pass_(minutes=2)
    await asyncio.gather(*(household.auth.of_session(a_user.session_id) for _ in range(5)))
    assert await last_seen() == household.clock()
    assert (await household.users.get(a_user.user_id)).last_seen_at == household.clock()


async def test_a_database_that_is_away_stops_no_request_of_a_session_that_is_held(household, a_user, monkeypatch):
    household.clock.pass_(minutes=10)

    def away():
        raise Unavailable("The database is away.")

    monkeypatch.setattr(household.database, "write", away)
    assert await household.auth.of_session(a_user.session_id)


async def test_purging_keeps_open_sessions_and_removes_the_dead(household, a_user):
    await household.auth.logout(await household.caller(await household.login("bob", PHONE)))
    household.clock.pass_(hours=1)
    await household.login("bob", PHONE)
    household.clock.pass_(days=2)
    await household.sessions.purge()
    assert (await count(household, sessions), await count(household, refresh_tokens)) == (2, 2)
    household.clock.pass_(days=31)
    await household.session_module.jobs()[0].run()
    assert (await count(household, sessions), await count(household, refresh_tokens)) == (0, 0)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local", "local"),
        ("nonsense", "local"),
    ],
)
def test_one_household_is_one_place(address, network):
    assert Device(address).network == network


async def test_what_a_device_says_of_itself_is_stored_as_far_as_it_can_be(household, a_user):
    odd = Device("192.0.2.7", "Agent\0\n" + "x" * 5000, "Télé\0vision 📺" + "y" * 500)
    await household.login("bob", odd)
    listed = next(one for one in (await household.sessions.of(a_user)).items if not one.current)
    assert listed.device_name.startswith("Télévision 📺")
    assert len(listed.device_name) == 100
    assert listed.user_agent.startswith("Agentxxx")


def test_printing_a_session_shows_no_token(household):
    assert "token" not in repr(TELEVISION) + repr(STRANGER)
