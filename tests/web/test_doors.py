"""Coming in, going, and making a new server one's own."""

import pytest

from tests.web.household import COOKIE
from tests.web.reading import Page, access_faults, inline_faults


async def send(browser, path, **form):
    return await browser.post(path, data=form, allow_redirects=False, headers={"Accept": "text/html", "Accept-Language": "en"})


async def test_the_right_password_opens_the_house_and_leads_on(stranger):
    answer = await send(stranger, "/login", username="anne", password="right horse", next="/movies?sort=-year")
    assert answer.status == 303
    assert answer.headers["Location"] == "/movies?sort=-year"
    cookie = answer.cookies[COOKIE]
    assert cookie.value == "anne"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == "3600"
    assert (await stranger.get("/movies")).url.path == "/movies"


async def test_a_wrong_password_says_so_and_keeps_the_name(stranger):
    answer = await send(stranger, "/login", username='a"<b>', password="wrong", next="/account")
    page = Page(await answer.text())
    assert answer.status == 401
    assert COOKIE not in answer.cookies
    assert "The name or the password is wrong." in page.texts["main"]
    fields = {field["name"]: field.get("value") for field in page.all("input")}
    assert fields == {"next": "/account", "username": 'a"<b>', "password": None}
    assert not page.faults + inline_faults(page) + access_faults(page)


async def test_who_knocks_too_often_is_asked_to_wait(stranger):
    answers = [await send(stranger, "/login", username="anne", password="wrong") for _ in range(6)]
    assert answers[-1].status == 429
    assert answers[-1].headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", "/login?next=/login", "/x\r\nSet-Cookie: a=b", ""]
)
async def test_nobody_is_led_away_after_signing_in(stranger, place):
    answer = await send(stranger, "/login", username="anne", password="right horse", next=place)
    assert answer.headers["Location"] == "/"


async def test_who_is_in_already_is_led_on(anne):
    answer = await anne.get("/login?next=/account", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/account")


async def test_a_form_of_another_site_opens_nothing(stranger):
    answer = await stranger.post("/login", data={"username": "anne", "password": "right horse"}, headers={"Origin": "http://evil.example"})
    assert answer.status == 403
    assert COOKIE not in answer.cookies


async def test_signing_out_takes_the_cookie_back(anne, household):
    answer = await anne.post("/logout", headers=household.csrf("anne"))
    assert answer.status == 204
    assert answer.cookies[COOKIE].value == ""
    assert answer.cookies[COOKIE]["max-age"] == "0"
    assert [caller.username for caller in household.left] == ["anne"]


async def test_another_site_cannot_sign_somebody_out(anne, household):
    assert (await anne.post("/logout")).status == 403
    assert not household.left


async def test_a_stranger_is_led_to_the_door_and_back_again(stranger):
    answer = await stranger.get("/movies?sort=-year", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/movies%3Fsort%3D-year")


async def test_a_new_server_leads_everybody_into_the_wizard(stranger, household):
    household.required = True
    for path in ("/", "/login"):
        answer = await stranger.get(path, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/setup")


async def test_the_wizard_makes_the_admin_and_goes_on_with_the_libraries(stranger, household):
    household.required = True
    answer = await send(
        stranger, "/setup/account", username="anne", email="anne@example.org", password="right horse", password_again="right horse"
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/setup/libraries")
    assert answer.cookies[COOKIE].value == "anne"
    assert [admin.email for admin in household.entered] == ["anne@example.org"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"password": "short", "password_again": "short"}, "at least 8 characters"),
        ({"password": "long enough", "password_again": "another one"}, "The two passwords differ."),
        ({"password": "long enough", "password_again": "long enough"}, "This is not the setup code of this server."),
    ],
)
async def test_the_wizard_says_what_is_wrong_and_keeps_what_was_typed(stranger, household, form, words):
    household.required, household.code_needed = True, words.endswith("server.")
    answer = await send(stranger, "/setup/account", username="anne", email="anne@example.org", **form)
    page = Page(await answer.text())
    assert answer.status in {403, 422}
    assert words in page.texts["main"]
    fields = {field["name"]: field.get("value") for field in page.all("input")}
    assert (fields["username"], fields["email"], fields["password"]) == ("anne", "anne@example.org", None)
    assert not household.entered


async def test_the_wizard_asks_for_the_code_only_where_it_is_needed(stranger, household):
    household.required = True
    assert 'id="setup_code"' not in await (await stranger.get("/setup/account")).text()
    household.code_needed = True
    assert 'id="setup_code"' in await (await stranger.get("/setup/account")).text()


async def test_the_wizard_tells_strangers_far_away_nothing_about_the_servers_in_use(stranger, household):
    household.required = True
    assert "db.example:5432/revenge" in await (await stranger.get("/setup")).text()
    household.code_needed = True
    text = await (await stranger.get("/setup")).text()
    assert "db.example" not in text
    assert "Your own PostgreSQL server is used." in text


async def test_a_finished_setup_is_closed(stranger, anne):
    for path in ("/setup", "/setup/account"):
        answer = await stranger.get(path, allow_redirects=False)
        assert answer.status == 303
        assert answer.headers["Location"] in {"/", "/login"}
    assert (await anne.get("/setup/libraries")).status == 200
