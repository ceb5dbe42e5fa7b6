"""Signing in with a password: who gets in, who waits, and what a stranger can learn."""

import asyncio

import pytest
from sqlalchemy import func, insert, select

from revenge.core.errors import TooMany, Unauthenticated
from revenge.services.auth.backoff import Backoff
from revenge.services.auth.proof import Proof
from revenge.services.auth.tables import attempts
from revenge.services.session.entity import Device
from revenge.services.user.entity import UserEdit
from tests.fixtures.people import PASSWORD, PHONE, STRANGER


@pytest.fixture
async def bob(household):
    return await household.person("bob")


async def wrong(household, name="bob", device=STRANGER, times=1):
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await household.login(name, device, "a wrong password")


async def kept(household) -> int:
    async with household.database.read() as db:
        return (await db.execute(select(func.count()).select_from(attempts))).scalar_one()


class Watched:
    """Passwords that remember what they were asked."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.asked: list[bool] = []

    async def verify(self, stored, password):
        self.asked.append(stored is not None)
        return await self.inner.verify(stored, password)

    def __getattr__(self, name):
        return getattr(self.inner, name)


async def test_the_right_password_lets_in(household, bob):
    entered = await household.login("bob")
    assert entered.user.id == bob.id
    caller = await household.caller(entered)
    assert (caller.user_id, caller.session_id, caller.role, caller.via) == (bob.id, entered.session.session_id, "user", "bearer")


async def test_a_password_is_the_same_however_the_keyboard_composes_it(household):
    await household.users.add("ann", "ann@example.org", "Pass-wört-1")
    assert await household.login("ann", password="Pass-wo\u0308rt-1")


async def test_a_wrong_password_an_unknown_name_and_a_shut_account_are_answered_alike(household, bob, admin):
    await household.person("shut")
    await household.users.edit((await household.users.named("shut")).user.id, UserEdit(active=False), admin)
    errors = []
    for name, password in (("bob", "a wrong password"), ("nobody", PASSWORD), ("shut", PASSWORD), ("\0\ud800", PASSWORD), ("", "")):
        with pytest.raises(Unauthenticated) as error:
            await household.login(name, STRANGER, password)
        errors.append((error.value.detail, error.value.code))
    assert len(set(errors)) == 1


async def test_an_unknown_name_costs_the_same_steps_as_a_known_one(household, bob):
    watched = household.proof.passwords = Watched(household.proof.passwords)
    await wrong(household, "bob")
    await wrong(household, "nobody")
    assert watched.asked == [True, False]
    assert await kept(household) == 2


async def test_an_unknown_name_is_hashed_with_the_parameters_of_real_passwords(household, bob):
    stored = (await household.users.named("bob")).password_hash
    assert household.proof.passwords._nobody.rsplit("$", 2)[0] == stored.rsplit("$", 2)[0]


async def test_after_five_wrong_passwords_even_the_right_one_waits_and_then_lets_in(household, bob):
    await wrong(household, times=5)
    with pytest.raises(TooMany) as error:
        await household.login("bob", STRANGER)
    assert error.value.retry_after == 2
    household.clock.pass_(seconds=2)
    assert await household.login("bob", STRANGER)
    await wrong(household, times=4)


async def test_the_wait_grows_and_refused_tries_do_not_count(household, bob):
    await wrong(household, times=5)
    for seconds in (2, 4, 8):
        for _ in range(10):
            with pytest.raises(TooMany) as error:
                await household.login("bob", STRANGER)
            assert error.value.retry_after == seconds
        household.clock.pass_(seconds=seconds)
        await wrong(household)
    assert await kept(household) == 8


async def test_an_unknown_name_waits_as_a_known_one_does(household, bob):
    for name in ("bob", "nobody"):
        await wrong(household, name, Device(f"203.0.113.{len(name)}"), 5)
        with pytest.raises(TooMany) as error:
            await household.login(name, Device(f"203.0.113.{len(name)}"))
        assert error.value.retry_after == 2


async def test_both_names_of_an_account_are_counted_together(household, bob):
    await wrong(household, "bob", times=3)
    await wrong(household, "bob@example.org", times=2)
    with pytest.raises(TooMany):
        await household.login("bob", STRANGER)


async def test_wrong_passwords_are_forgotten_after_a_quarter_of_an_hour(household, bob):
    await wrong(household, times=5)
    household.clock.pass_(minutes=15)
    await wrong(household, times=4)
    assert await household.login("bob", STRANGER)


async def test_a_guesser_does_not_shut_out_the_owner(household, bob):
    await wrong(household, times=5)
    with pytest.raises(TooMany):
        await household.login("bob", STRANGER)
    assert await household.login("bob", PHONE)


async def test_guesses_from_many_places_slow_strangers_but_not_the_owners_home(household, bob):
    await household.login("bob", PHONE)
    for n in range(12):
        await wrong(household, device=Device(f"198.51.100.{n}"))
        household.clock.pass_(seconds=10)
    household.clock.pass_(seconds=-9)
    with pytest.raises(TooMany) as error:
        await household.login("bob", STRANGER)
    assert 0 < error.value.retry_after <= 60
    assert await household.login("bob", PHONE)
    household.clock.pass_(minutes=1)
    assert await household.login("bob", STRANGER)


async def test_one_password_tried_on_everybody_shuts_the_door_for_its_place(household, bob):
    for n in range(20):
        await wrong(household, f"user{n}")
    with pytest.raises(TooMany):
        await household.login("bob", STRANGER)
    assert await household.login("bob", PHONE)


async def test_an_own_account_does_not_wash_guesses_at_others_away(household, bob):
    await household.person("mallory")
    await wrong(household, "bob", times=4)
    await household.login("mallory", STRANGER)
    await wrong(household, "bob")
    with pytest.raises(TooMany):
        await household.login("bob", STRANGER)


async def test_addresses_of_one_ipv6_household_are_one_place(household, bob):
    for n in range(5):
        await wrong(household, device=Device(f"2001:db8:0:7::{n}"))
    with pytest.raises(TooMany):
        await household.login("bob", Device("2001:db8:0:7:ffff::1"))


async def test_fifty_tries_at_once_get_no_more_guesses_than_one_after_the_other(household, bob):
    watched = household.proof.passwords = Watched(household.proof.passwords)
    tries = [household.login("bob", STRANGER, f"guess number {n}") for n in range(50)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(result) for result in results} == {Unauthenticated, TooMany}
    assert len(watched.asked) <= 6


async def test_ten_devices_that_sign_in_at_once_all_get_in(household, bob):
    entered = await asyncio.gather(*(household.login("bob") for _ in range(10)))
    assert len({one.session.session_id for one in entered}) == 10


async def test_a_client_that_leaves_before_the_answer_has_its_try_counted(household, bob):
    task = asyncio.ensure_future(household.login("bob", STRANGER, "a guess"))
    while not household.proof._waiting:
        await asyncio.sleep(0.001)
    task.cancel()
    while household.proof._waiting:
        await asyncio.sleep(0.001)
    assert await kept(household) == 1


async def test_a_restart_forgets_nothing(household, bob):
    await wrong(household, times=5)
    household.auth.proof = Proof(household.proof.passwords, Backoff(household.database, household.clock))
    with pytest.raises(TooMany):
        await household.login("bob", STRANGER)


async def test_a_crowd_at_the_door_is_told_to_come_back(household, bob, monkeypatch):
    monkeypatch.setattr(household.proof, "_waiting", 100)
    with pytest.raises(TooMany):
        await household.login("bob")


async def test_what_does_not_count_any_more_is_purged_and_a_flood_is_bounded(household, bob, monkeypatch):
    await wrong(household, times=3)
    household.clock.pass_(minutes=16)
    await wrong(household)
    await household.auth_module.jobs()[0].run()
    assert await kept(household) == 1
    async with household.database.write() as db:
        flood = [{"subject": b"x", "network": "n", "at": household.clock()}] * 50_010
        await db.execute(insert(attempts), flood)
    await household.proof.backoff.purge()
    assert await kept(household) == 50_000


async def test_names_that_people_typed_are_not_stored(household):
    await wrong(household, "my secret typed into the wrong field")
    async with household.database.read() as db:
        row = (await db.execute(select(attempts.c.subject))).scalar_one()
    assert len(row) == 32
