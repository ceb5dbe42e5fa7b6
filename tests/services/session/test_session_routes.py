"""Sign-ins over HTTP."""

import pytest

from tests.fixtures.people import PASSWORD


@pytest.fixture
async def two(signed_in):
    """The client, Ann's phone and Ann's other device."""
    client, phone = signed_in
    _, other = await client("POST", "/api/v1/auth/login", {"username": "ann", "password": PASSWORD, "device_name": "Laptop"})
    return client, phone, other["access_token"]


async def test_devices_are_listed(two):
    client, phone, _ = two
    status, listed = await client("GET", "/api/v1/sessions", as_=phone)
    assert status == 200
    assert listed["next"] is None
    assert {one["device_name"] for one in listed["items"]} == {"Ann's phone", "Laptop"}
    assert [one["device_name"] for one in listed["items"] if one["current"]] == ["Ann's phone"]


async def test_a_device_is_signed_out_at_once(two):
    client, phone, laptop = two
    _, listed = await client("GET", "/api/v1/sessions", as_=phone)
    id = next(one["id"] for one in listed["items"] if one["device_name"] == "Laptop")
    assert (await client("DELETE", f"/api/v1/sessions/{id}", as_=phone))[0] == 204
    assert (await client("GET", "/api/v1/users/me", as_=laptop))[0] == 401
    assert (await client("DELETE", f"/api/v1/sessions/{id}", as_=phone))[0] == 404


async def test_all_other_devices_are_signed_out(two):
    client, phone, laptop = two
    assert (await client("DELETE", "/api/v1/sessions", as_=phone))[0] == 204
    assert (await client("GET", "/api/v1/users/me", as_=laptop))[0] == 401
    assert (await client("GET", "/api/v1/users/me", as_=phone))[0] == 200
