"""Refresh tokens: each is good once, two tabs are no thieves, and a thief ends the session."""

import asyncio

import pytest
from sqlalchemy import select

from revenge.core.errors import Unauthenticated
from revenge.services.session.entity import Device
from revenge.services.session.service import Sessions
from revenge.services.session.tables import refresh_tokens
from revenge.services.user.entity import UserEdit
from tests.fixtures.people import PHONE, STRANGER


@pytest.fixture
async def token(household) -> str:
    await household.person("bob")
    return (await household.login("bob")).session.refresh_token


class Arriving:
    """Lets requests arrive together: each has read its token when the first of them may use it."""

    def __init__(self) -> None:
        self.first, self.all = asyncio.Event(), asyncio.Event()
        self.wait_for(0)

    def wait_for(self, count: int) -> None:
        """Hold the next requests until so many are there; none from now on with 0."""
        self.missing, self.held = count, count > 0

    def watch(self, sessions: Sessions) -> None:
        """Make the requests to these sessions wait."""
        read = sessions.store.is_unused

        async def is_unused(db, token) -> bool:
            found = await read(db, token)
            if self.held:
                self.missing -= 1
                self.first.set()
                if self.missing == 0:
                    self.all.set()
                await self.all.wait()
            return found

        sessions.store.is_unused = is_unused


@pytest.fixture
def arriving(household) -> Arriving:
    arriving = Arriving()
    arriving.watch(household.sessions)
    return arriving


async def refreshed(household, token, device=PHONE):
    return (await household.auth.refresh(token, device)).session


async def test_a_refresh_gives_another_token_of_the_same_session(household, token):
    first = await household.auth.refresh(token, PHONE)
    second = await household.auth.refresh(first.session.refresh_token, PHONE)
    assert len({token, first.session.refresh_token, second.session.refresh_token}) == 3
    assert first.session.session_id == second.session.session_id
    assert (await household.caller(second)).username == "bob"


async def test_only_digests_of_tokens_are_stored(household, token):
    following = (await refreshed(household, token)).refresh_token
    async with household.database.read() as db:
        stored = b"".join((await db.execute(select(refresh_tokens.c.hash))).scalars())
    assert token.encode() not in stored
    assert following.encode() not in stored


async def test_two_tabs_that_refresh_at_once_go_on_with_the_same_token(household, token, arriving):
    arriving.wait_for(4)
    tabs = await asyncio.gather(*(refreshed(household, token) for _ in range(4)))
    assert len({tab.refresh_token for tab in tabs}) == 1
    household.clock.pass_(minutes=15)
    assert (await refreshed(household, tabs[0].refresh_token)).session_id == tabs[0].session_id


async def test_a_slow_tab_of_a_race_gets_the_newest_token_not_a_used_one(household, token, arriving):
    arriving.wait_for(2)
    slow = asyncio.create_task(refreshed(household, token))
    await arriving.first.wait()
    arriving.wait_for(0)
    one = await refreshed(household, token)
    two = await refreshed(household, one.refresh_token)
    arriving.all.set()
    assert (await slow).refresh_token == two.refresh_token


@pytest.mark.parametrize("seconds", [0, 0.001, 1, 9, 11, -5])
async def test_a_token_that_comes_again_ends_the_session_for_both_who_hold_it_however_soon(household, token, seconds):
    owner = await household.auth.refresh(token, PHONE)
    caller = await household.caller(owner)
    household.clock.pass_(seconds=seconds)
    with pytest.raises(Unauthenticated) as error:
        await refreshed(household, token)
    assert error.value.code == "token_reused"
    with pytest.raises(Unauthenticated):
        await refreshed(household, owner.session.refresh_token)
    with pytest.raises(Unauthenticated):
        await household.auth.of_session(caller.session_id)


async def test_a_thief_who_races_from_another_program_ends_the_session(household, token, arriving):
    arriving.wait_for(2)
    ours, theirs = await asyncio.gather(refreshed(household, token), refreshed(household, token, STRANGER), return_exceptions=True)
    late, first = (ours, theirs) if isinstance(ours, Unauthenticated) else (theirs, ours)
    assert late.code == "token_reused"
    with pytest.raises(Unauthenticated):
        await refreshed(household, first.refresh_token)


async def test_a_thief_who_refreshes_first_is_found_out_when_the_owner_does(household, token):
    thief = await refreshed(household, token, STRANGER)
    household.clock.pass_(minutes=10)
    with pytest.raises(Unauthenticated):
        await refreshed(household, token)
    with pytest.raises(Unauthenticated):
        await refreshed(household, thief.refresh_token, STRANGER)


async def test_a_device_that_changed_its_network_during_a_race_stays_signed_in(household, token, arriving):
    arriving.wait_for(2)
    elsewhere = Device("198.51.100.20", PHONE.user_agent)
    here, there = await asyncio.gather(refreshed(household, token), refreshed(household, token, elsewhere))
    assert here.refresh_token == there.refresh_token


@pytest.mark.parametrize("made_up", ["", "x", "A" * 43, "ü" * 43, "\ud800", "a" * 100_000])
async def test_a_made_up_token_is_refused(household, made_up):
    with pytest.raises(Unauthenticated):
        await refreshed(household, made_up)


async def test_a_session_ends_after_thirty_days_however_often_it_is_refreshed(household, token):
    for _ in range(5):
        household.clock.pass_(days=5, hours=23)
        token = (await refreshed(household, token)).refresh_token
    household.clock.pass_(hours=6)
    with pytest.raises(Unauthenticated):
        await refreshed(household, token)


async def test_a_device_that_was_not_used_for_a_week_signs_in_again(household, token):
    household.clock.pass_(days=7, seconds=1)
    with pytest.raises(Unauthenticated):
        await refreshed(household, token)


async def test_an_account_that_was_shut_refreshes_nothing(household, token, admin):
    user = (await household.users.named("bob")).user
    await household.users.edit(user.id, UserEdit(active=False), admin)
    with pytest.raises(Unauthenticated):
        await refreshed(household, token)


async def test_a_token_of_another_server_key_does_not_follow_a_race(household, token, arriving, database, clock):
    other = Sessions(database, household.cache, "another secret of thirty-two characters", clock)
    arriving.watch(other)
    arriving.wait_for(2)
    answers = await asyncio.gather(refreshed(household, token), other.refresh(token, PHONE), return_exceptions=True)
    assert sorted(isinstance(answer, Unauthenticated) for answer in answers) == [False, True]
