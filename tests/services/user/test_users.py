"""Accounts: made, found, changed and removed, and never without an admin."""

import asyncio

import pytest

from revenge.core.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated
from revenge.services.user.entity import NewUser, ProfileEdit, UserEdit, UserQuery
from revenge.services.user.repository import SORTS
from tests.fixtures.people import PASSWORD, PHONE


async def test_an_account_is_made_and_signs_in_by_name_or_address_in_any_case(household):
    user = await household.users.add("Jürgen", "Juergen@Example.org", PASSWORD, "user")
    assert (user.username, user.email, user.display_name, user.role, user.active) == (
        "Jürgen",
        "Juergen@Example.org",
        "Jürgen",
        "user",
        True,
    )
    for name in ("jÜRGEN", "juergen@example.ORG", " Jürgen "):
        assert (await household.login(name)).user.id == user.id


@pytest.mark.parametrize(("username", "email", "field"), [("ANN", "other@example.org", "username"), ("other", "Ann@EXAMPLE.org", "email")])
async def test_a_name_or_address_is_given_once(household, username, email, field):
    await household.person("ann")
    with pytest.raises(Conflict, match=rf"^{field}: ") as error:
        await household.users.add(username, email, PASSWORD)
    assert error.value.field == field


async def test_of_two_who_take_a_name_at_once_one_gets_it(household):
    tries = [household.users.add("ann", f"ann{n}@example.org", PASSWORD) for n in range(5)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 4


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (ProfileEdit(display_name=""), "display_name"),
        (ProfileEdit(locale="?"), "locale"),
        (ProfileEdit(password="short", current_password=PASSWORD), "password"),
        (ProfileEdit(password="long enough"), "current_password"),
        (ProfileEdit(password="long enough", current_password="wrong"), "current_password"),
    ],
)
async def test_wrong_input_names_its_field_and_changes_nothing(household, a_user, edit, field):
    with pytest.raises(Invalid) as error:
        await household.users.edit_own(edit, a_user, PHONE.address)
    assert error.value.field == field
    assert await household.login("bob")


async def test_people_change_how_they_are_shown(household, a_user):
    edited = await household.users.edit_own(ProfileEdit(display_name="Bobby", locale="de"), a_user, PHONE.address)
    assert (edited.display_name, edited.locale) == ("Bobby", "de")
    cleared = await household.users.edit_own(ProfileEdit(locale=None), a_user, PHONE.address)
    assert (cleared.display_name, cleared.locale) == ("Bobby", None)


async def test_a_new_password_ends_all_other_sign_ins_and_the_old_password(household, a_user):
    other = await household.caller(await household.login("bob"))
    await household.users.edit_own(ProfileEdit(password="a new password", current_password=PASSWORD), a_user, PHONE.address)
    assert await household.auth.of_session(a_user.session_id)
    with pytest.raises(Unauthenticated):
        await household.auth.of_session(other.session_id)
    with pytest.raises(Unauthenticated):
        await household.login("bob")
    assert await household.login("bob", password="a new password")


async def test_the_current_password_cannot_be_guessed_on_an_open_screen(household, a_user):
    guess = ProfileEdit(password="a new password", current_password="a guess")
    for _ in range(5):
        with pytest.raises(Invalid):
            await household.users.edit_own(guess, a_user, PHONE.address)
    with pytest.raises(TooMany):
        await household.users.edit_own(guess, a_user, PHONE.address)


async def test_an_admin_changes_an_account(household, admin, a_user):
    edited = await household.users.edit(a_user.user_id, UserEdit(email="b@example.org", display_name="B", role="admin"), admin)
    assert (edited.email, edited.display_name, edited.role) == ("b@example.org", "B", "admin")
    assert (await household.auth.of_session(a_user.session_id)).role == "admin"


async def test_a_demotion_holds_at_the_next_request(household, admin, a_user):
    await household.users.edit(a_user.user_id, UserEdit(role="admin"), admin)
    assert (await household.auth.of_session(a_user.session_id)).may("users:manage")
    await household.users.edit(a_user.user_id, UserEdit(role="user"), admin)
    assert not (await household.auth.of_session(a_user.session_id)).may("users:manage")


async def test_a_reset_password_ends_all_sign_ins_of_the_account(household, admin, a_user):
    await household.users.edit(a_user.user_id, UserEdit(password="chosen by the admin"), admin)
    with pytest.raises(Unauthenticated):
        await household.auth.of_session(a_user.session_id)
    assert await household.login("bob", password="chosen by the admin")


async def test_an_account_that_is_shut_is_out_at_once_and_back_when_opened(household, admin, a_user):
    await household.users.edit(a_user.user_id, UserEdit(active=False), admin)
    with pytest.raises(Unauthenticated):
        await household.auth.of_session(a_user.session_id)
    with pytest.raises(Unauthenticated):
        await household.login("bob")
    await household.users.edit(a_user.user_id, UserEdit(active=True), admin)
    assert await household.login("bob")


async def test_a_removed_account_is_gone_with_its_sign_ins(household, admin, a_user):
    await household.users.remove(a_user.user_id)
    with pytest.raises(Unauthenticated):
        await household.auth.of_session(a_user.session_id)
    for action in (household.users.get, household.users.remove):
        with pytest.raises(NotFound):
            await action(a_user.user_id)


@pytest.mark.parametrize("edit", [UserEdit(role="user"), UserEdit(active=False)])
async def test_the_last_admin_can_neither_step_down_nor_be_shut_out(household, admin, a_user, edit):
    with pytest.raises(Conflict) as error:
        await household.users.edit(admin.user_id, edit, admin)
    assert error.value.code == "last_admin"
    assert (await household.users.get(admin.user_id)).role == "admin"
    assert await household.auth.of_session(admin.session_id)


async def test_the_last_admin_cannot_be_removed_while_another_is_shut(household, admin, a_user):
    await household.users.edit(a_user.user_id, UserEdit(role="admin", active=False), admin)
    with pytest.raises(Conflict):
        await household.users.remove(admin.user_id)


async def test_of_two_admins_who_demote_each_other_at_once_one_stays(household, admin, a_user):
    await household.users.edit(a_user.user_id, UserEdit(role="admin"), admin)
    demote = UserEdit(role="user")
    results = await asyncio.gather(
        household.users.edit(a_user.user_id, demote, admin),
        household.users.edit(admin.user_id, demote, a_user),
        household.users.remove(a_user.user_id),
        return_exceptions=True,
    )
    assert any(isinstance(result, Conflict) for result in results)
    assert await household.users.has_admin()


async def test_an_unsent_field_stays_and_an_empty_edit_changes_nothing(household, admin, a_user):
    before = await household.users.get(a_user.user_id)
    assert await household.users.edit(a_user.user_id, UserEdit(), admin) == before


async def test_an_address_of_another_account_is_refused_in_an_edit(household, admin, a_user):
    with pytest.raises(Conflict, match=r"^email: "):
        await household.users.edit(a_user.user_id, UserEdit(email="ANN@example.org"), admin)


@pytest.mark.parametrize("sort", SORTS)
async def test_accounts_are_listed_page_by_page(household, sort):
    names = [(await household.person(name)).username for name in ("eve", "ann", "dan", "bob", "Cat")]
    query, seen = UserQuery(limit=2, sort=sort), []
    while True:
        page = await household.users.page(query)
        seen += [user.username for user in page.items]
        if page.next is None:
            break
        query = UserQuery(limit=2, sort=sort, cursor=page.next)
    assert seen == (sorted(names, key=str.casefold) if sort == "username" else names[::-1])


async def test_a_password_under_old_parameters_is_stored_anew_at_the_next_sign_in(household):
    user = await household.person("ann")
    old = (await household.users.named("ann")).password_hash
    household.proof.passwords = type(household.proof.passwords)()
    await household.login("ann")
    account = await household.users.named("ann")
    assert account.password_hash != old
    assert not household.proof.passwords.outdated(account.password_hash)
    assert (await household.login("ann")).user.id == user.id
    await household.users.rehash(account.__class__(user, old), "never stored: the hash was changed meanwhile")
    assert (await household.users.named("ann")).password_hash == account.password_hash


async def test_a_new_account_checks_every_field_before_it_is_stored(household):
    for new, field in (
        (NewUser("a b", "a@example.org", PASSWORD), "username"),
        (NewUser("ann", "nowhere", PASSWORD), "email"),
        (NewUser("ann", "a@example.org", "short"), "password"),
    ):
        with pytest.raises(Invalid) as error:
            await household.users.make(new)
        assert error.value.field == field
    assert (await household.users.page(UserQuery())).items == []
