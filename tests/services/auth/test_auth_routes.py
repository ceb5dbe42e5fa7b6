"""The doors over HTTP."""

import asyncio

import aiohttp
import pytest

from revenge.services.auth.pace import Pace
from revenge.services.auth.routes import session_cookie
from tests.fixtures.people import PASSWORD, TELEVISION

LOGIN = {"username": "ann", "password": PASSWORD, "device_name": "Laptop"}


async def test_a_sign_in_answers_with_person_and_tokens(signed_in):
    client, _ = signed_in
    status, tokens = await client("POST", "/api/v1/auth/login", LOGIN)
    assert status == 200
    assert set(tokens) == {"user", "access_token", "refresh_token", "token_type", "expires_in"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["user"]["role"]) == ("Bearer", 900, "admin")
    assert (await client("GET", "/api/v1/users/me", as_=tokens["access_token"]))[1] == tokens["user"]


async def test_a_refresh_answers_with_new_tokens(signed_in):
    client, _ = signed_in
    _, old = await client("POST", "/api/v1/auth/login", LOGIN)
    status, new = await client("POST", "/api/v1/auth/refresh", {"refresh_token": old["refresh_token"]})
    assert (status, set(new)) == (200, set(old))
    assert new["refresh_token"] != old["refresh_token"]
    assert (await client("GET", "/api/v1/users/me", as_=new["access_token"]))[0] == 200


async def test_a_token_used_before_ends_the_session(signed_in, clock):
    client, _ = signed_in
    _, old = await client("POST", "/api/v1/auth/login", LOGIN)
    _, new = await client("POST", "/api/v1/auth/refresh", {"refresh_token": old["refresh_token"]})
    clock.pass_(seconds=20)
    status, problem = await client("POST", "/api/v1/auth/refresh", {"refresh_token": old["refresh_token"]})
    assert (status, problem["code"]) == (401, "token_reused")
    assert (await client("GET", "/api/v1/users/me", as_=new["access_token"]))[0] == 401


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": "it is sent or not"}])
async def test_a_sign_out_ends_the_session(signed_in, body):
    client, _ = signed_in
    _, tokens = await client("POST", "/api/v1/auth/login", LOGIN)
    assert (await client("POST", "/api/v1/auth/logout", body, as_=tokens["access_token"]))[0] == 204
    assert (await client("GET", "/api/v1/users/me", as_=tokens["access_token"]))[0] == 401
    assert (await client("POST", "/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]}))[0] == 401


async def test_wrong_passwords_are_401_and_then_429_with_the_time_to_wait(signed_in):
    client, _ = signed_in
    wrong = {"username": "ann", "password": "a wrong password"}
    for _ in range(5):
        status, problem = await client("POST", "/api/v1/auth/login", wrong)
        assert (status, problem["code"]) == (401, "wrong_credentials")
    answer = await client.answer("POST", "/api/v1/auth/login", LOGIN)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2")


@pytest.mark.parametrize("body", [{}, {"username": "ann"}, {"username": 1, "password": "x"}])
async def test_an_incomplete_sign_in_is_422(signed_in, body):
    client, _ = signed_in
    assert (await client("POST", "/api/v1/auth/login", body))[0] == 422


async def test_a_huge_sign_in_is_refused_unread(signed_in):
    client, _ = signed_in
    assert (await client("POST", "/api/v1/auth/login", {**LOGIN, "device_name": "x" * 100_000}))[0] == 413


async def test_a_stranger_refreshes_nothing(signed_in):
    client, _ = signed_in
    assert (await client("POST", "/api/v1/auth/refresh", {"refresh_token": "made up"}))[0] == 401
    assert (await client("POST", "/api/v1/auth/logout"))[0] == 401


async def test_a_cookie_writes_only_with_the_csrf_header(signed_in, household):
    client, _ = signed_in
    entered = await household.login("ann", TELEVISION)
    cookie = session_cookie(household.auth, entered)
    sent = {"Cookie": f"{cookie.name}={cookie.value}"}
    assert (await client("GET", "/api/v1/users/me", **sent))[0] == 200
    edit = {"display_name": "Ann B."}
    assert (await client("PATCH", "/api/v1/users/me", edit, **sent))[0] == 403
    token = client.tickets.derive("csrf", str(entered.session.session_id))
    assert (await client("PATCH", "/api/v1/users/me", edit, **sent, X_CSRF_Token=token))[0] == 200
    assert (await client("GET", "/api/v1/users/me", as_=cookie.value))[0] == 401


async def test_a_bearer_token_in_the_cookie_opens_nothing(signed_in):
    client, token = signed_in
    assert (await client("GET", "/api/v1/users/me", Cookie=f"revenge_session={token}"))[0] == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(signed_in, household):
    cookie = session_cookie(household.auth, await household.login("ann"))
    assert (cookie.name, cookie.path) == ("revenge_session", "/")
    assert cookie.max_age == 30 * 24 * 3600


async def test_an_address_that_hammers_a_door_is_slowed_down(signed_in):
    client, _ = signed_in
    knocks = (client("POST", "/api/v1/auth/refresh", {"refresh_token": "x"}) for _ in range(150))
    assert {status for status, _ in await asyncio.gather(*knocks)} == {401, 429}


def test_a_bucket_fills_again_and_is_each_places_own():
    now = 0.0
    pace = Pace(burst=2, per_second=1, seconds=lambda: now)
    pace.knock("a")
    pace.knock("a")
    with pytest.raises(Exception, match="Too many"):
        pace.knock("a")
    pace.knock("b")
    now = 1.0
    pace.knock("a")


def test_buckets_of_many_places_are_bounded():
    pace = Pace(burst=1, per_second=1, seconds=lambda: 0.0)
    for n in range(10_050):
        pace.knock(str(n))
    assert len(pace._left) == 10_000


async def test_a_broken_token_is_a_problem_document(signed_in):
    client, _ = signed_in
    answer: aiohttp.ClientResponse = await client.answer("GET", "/api/v1/users/me", as_="a.b.c")
    assert answer.status == 401
    assert answer.content_type == "application/problem+json"
