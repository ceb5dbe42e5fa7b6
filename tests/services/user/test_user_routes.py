"""Accounts over HTTP."""

from uuid import uuid4

import pytest

from tests.fixtures.people import PASSWORD

NEW = {"username": "bob", "email": "bob@example.org", "password": PASSWORD}


@pytest.fixture
async def bob(signed_in) -> tuple[str, str]:
    """Bob's id and access token."""
    client, admin = signed_in
    await client("POST", "/api/v1/admin/users", NEW, as_=admin)
    _, tokens = await client("POST", "/api/v1/auth/login", {"username": "bob", "password": PASSWORD})
    return tokens["user"]["id"], tokens["access_token"]


async def test_one_sees_ones_own_account_without_its_secrets(signed_in):
    client, admin = signed_in
    status, me = await client("GET", "/api/v1/users/me", as_=admin)
    assert status == 200
    assert {"id", "username", "email", "display_name", "role", "locale", "active", "created_at", "last_seen_at"} == set(me)
    assert (me["username"], me["email"], me["role"]) == ("ann", "ann@example.org", "admin")


async def test_one_changes_ones_own_account_but_not_its_role(signed_in, bob):
    client, _ = signed_in
    _, token = bob
    assert (await client("PATCH", "/api/v1/users/me", {"display_name": "Bobby"}, as_=token))[1]["display_name"] == "Bobby"
    assert (await client("PATCH", "/api/v1/users/me", {"role": "admin"}, as_=token))[0] == 422
    wrong = {"password": "a new password", "current_password": "wrong"}
    status, problem = await client("PATCH", "/api/v1/users/me", wrong, as_=token)
    assert (status, problem["field"]) == (422, "current_password")
    right = {"password": "a new password", "current_password": PASSWORD}
    assert (await client("PATCH", "/api/v1/users/me", right, as_=token))[0] == 200
    assert (await client("POST", "/api/v1/auth/login", {"username": "bob", "password": "a new password"}))[0] == 200


async def test_an_admin_makes_shows_changes_and_removes_accounts(signed_in):
    client, admin = signed_in
    status, made = await client("POST", "/api/v1/admin/users", {**NEW, "role": "user", "display_name": "Bob B."}, as_=admin)
    assert (status, made["display_name"]) == (201, "Bob B.")
    path = f"/api/v1/admin/users/{made['id']}"
    assert (await client("GET", path, as_=admin))[1] == made
    assert (await client("PATCH", path, {"role": "admin"}, as_=admin))[1]["role"] == "admin"
    _, listed = await client("GET", "/api/v1/admin/users?sort=-created_at&limit=1", as_=admin)
    assert [user["username"] for user in listed["items"]] == ["bob"]
    assert listed["next"]
    assert (await client("DELETE", path, as_=admin))[0] == 204
    assert (await client("GET", path, as_=admin))[0] == 404


async def test_wrong_input_is_answered_with_its_field(signed_in):
    client, admin = signed_in
    for change, status, field in (
        ({"username": "a b"}, 422, "username"),
        ({"email": "x"}, 422, "email"),
        ({"password": "short"}, 422, "password"),
        ({"role": "king"}, 422, "role"),
        ({"username": "ANN"}, 409, "username"),
    ):
        answered, problem = await client("POST", "/api/v1/admin/users", {**NEW, **change}, as_=admin)
        assert (answered, problem["field"]) == (status, field)
    assert (await client("GET", "/api/v1/admin/users?sort=password_hash", as_=admin))[0] == 422


async def test_the_last_admin_stays(signed_in):
    client, admin = signed_in
    _, me = await client("GET", "/api/v1/users/me", as_=admin)
    path = f"/api/v1/admin/users/{me['id']}"
    for method, body in (("DELETE", None), ("PATCH", {"role": "user"}), ("PATCH", {"active": False})):
        status, problem = await client(method, path, body, as_=admin)
        assert (status, problem["code"]) == (409, "last_admin")


async def test_a_user_administers_nobody(signed_in, bob):
    client, _ = signed_in
    id, token = bob
    for method, path in (
        ("GET", "/api/v1/admin/users"),
        ("POST", "/api/v1/admin/users"),
        ("GET", f"/api/v1/admin/users/{id}"),
        ("PATCH", f"/api/v1/admin/users/{id}"),
        ("DELETE", f"/api/v1/admin/users/{uuid4()}"),
    ):
        assert (await client(method, path, as_=token))[0] == 403
        assert (await client(method, path))[0] == 401
