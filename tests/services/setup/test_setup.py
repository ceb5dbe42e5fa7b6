"""The first admin: made once, by somebody who may."""

import asyncio

import pytest

from revenge.core.errors import Conflict, Forbidden, Invalid, TooMany
from revenge.services.setup.entity import FirstAdmin
from revenge.services.user.entity import UserQuery
from tests.fixtures.people import CODE, PASSWORD, PHONE, STRANGER

ANN = FirstAdmin("ann", "ann@example.org", PASSWORD)


def with_code(code, name="ann"):
    return FirstAdmin(name, f"{name}@example.org", PASSWORD, code)


async def test_the_first_account_is_an_admin_who_is_signed_in(household):
    assert (await household.setup.state(local=True)).required
    entered = await household.setup.finish(ANN, PHONE, local=True)
    caller = await household.caller(entered)
    assert (caller.username, caller.role) == ("ann", "admin")
    assert await household.login("ann")
    assert not (await household.setup.state(local=True)).required


async def test_the_code_is_kept_until_the_setup_is_done_and_no_longer(household):
    with pytest.raises(Forbidden):
        await household.setup.finish(with_code("wrong"), STRANGER, local=False)
    assert household.forgotten == 0
    await household.setup.finish(with_code(CODE), STRANGER, local=False)
    assert household.forgotten == 1


async def test_a_second_setup_is_refused_whoever_tries(household):
    await household.setup.finish(ANN, PHONE, local=True)
    for code in (None, CODE, "wrong"):
        with pytest.raises(Conflict) as error:
            await household.setup.finish(with_code(code, "eve"), STRANGER, local=False)
        assert error.value.code == "setup_done"


async def test_of_many_who_set_up_at_once_exactly_one_is_the_admin(household):
    tries = [household.setup.finish(with_code(None, f"admin{n}"), PHONE, local=True) for n in range(5)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 4
    assert len((await household.users.page(UserQuery())).items) == 1


async def test_an_admin_made_on_the_command_line_ends_the_setup(household):
    await household.users.add("ann", "ann@example.org", PASSWORD, "admin")
    assert not (await household.setup.state(local=True)).required


async def test_a_user_without_rights_does_not_end_the_setup(household):
    await household.person("bob")
    assert (await household.setup.state(local=True)).required
    with pytest.raises(Conflict, match="username"):
        await household.setup.finish(with_code(None, "bob"), PHONE, local=True)
    assert await household.setup.finish(ANN, PHONE, local=True)


@pytest.mark.parametrize("code", [None, "", "ABCD-EFGH-JKLN", "x" * 10_000, "\0", "ßé"])
async def test_another_machine_needs_the_right_code(household, code):
    with pytest.raises(Forbidden) as error:
        await household.setup.finish(with_code(code), STRANGER, local=False)
    assert error.value.field == "setup_code"
    assert (await household.setup.state(local=False)).code_needed


@pytest.mark.parametrize("code", [CODE, CODE.lower(), " abcd efgh jklm "])
async def test_the_code_opens_however_it_is_typed(household, code):
    assert await household.setup.finish(with_code(code), STRANGER, local=False)


async def test_codes_cannot_be_guessed_at_speed(household):
    for _ in range(5):
        with pytest.raises(Forbidden):
            await household.setup.finish(with_code("wrong"), STRANGER, local=False)
    with pytest.raises(TooMany):
        await household.setup.finish(with_code(CODE), STRANGER, local=False)
    household.clock.pass_(seconds=2)
    assert await household.setup.finish(with_code(CODE), STRANGER, local=False)


async def test_wrong_input_names_its_field_and_leaves_the_setup_open(household):
    for admin, field in (
        (FirstAdmin("a b", "ann@example.org", PASSWORD), "username"),
        (FirstAdmin("ann", "x", PASSWORD), "email"),
        (FirstAdmin("ann", "ann@example.org", "1234567"), "password"),
    ):
        with pytest.raises(Invalid) as error:
            await household.setup.finish(admin, PHONE, local=True)
        assert error.value.field == field
    assert (await household.setup.state(local=True)).required
