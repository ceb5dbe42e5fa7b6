"""Who is asking, on every request."""

from uuid import uuid4

import pytest

from revenge.core.errors import Unauthenticated
from revenge.services.auth.entity import Login
from tests.fixtures.people import PASSWORD, PHONE


async def test_a_caller_sees_the_libraries_that_are_visible_now(household, a_user):
    household.visible = (uuid4(), uuid4())
    assert (await household.auth.of_session(a_user.session_id)).libraries == household.visible


async def test_a_cookie_holds_as_long_as_its_session(household, a_user):
    entered = await household.login("bob")
    stay = household.auth.cookie(entered)
    assert stay.max_age == 30 * 24 * 3600
    for _ in range(5):
        household.clock.pass_(days=5, hours=23)
        assert (await household.auth.authenticate(stay.value, "cookie")).via == "cookie"
        household.cache.holders.clear()
    household.clock.pass_(hours=6)
    with pytest.raises(Unauthenticated):
        await household.auth.authenticate(stay.value, "cookie")


async def test_a_cookie_ends_with_its_session(household, a_user):
    entered = await household.login("bob")
    cookie = household.auth.cookie(entered).value
    await household.auth.logout(await household.auth.authenticate(cookie, "cookie"))
    with pytest.raises(Unauthenticated):
        await household.auth.authenticate(cookie, "cookie")


async def test_a_token_that_names_another_persons_session_is_refused(household, admin, a_user):
    forged = household.auth.access.access(admin.user_id, a_user.session_id)
    with pytest.raises(Unauthenticated):
        await household.auth.authenticate(forged, "bearer")


async def test_a_token_of_a_session_that_never_was_is_refused(household, a_user):
    token = household.auth.access.access(a_user.user_id, uuid4())
    with pytest.raises(Unauthenticated):
        await household.auth.authenticate(token, "bearer")


async def test_a_caller_by_ticket_is_neither_bearer_nor_cookie(household, a_user):
    assert (await household.auth.of_session(a_user.session_id)).via == "internal"


async def test_printing_what_goes_through_the_doors_shows_no_secret(household, a_user):
    entered = await household.login("bob")
    shown = "".join(map(repr, (entered, household.auth.tokens(entered), household.auth.cookie(entered), Login("bob", PASSWORD), PHONE)))
    assert PASSWORD not in shown
    assert entered.session.refresh_token not in shown
    assert "eyJ" not in shown
