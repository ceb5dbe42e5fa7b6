"""The setup over HTTP."""

import pytest

from tests.fixtures.people import CODE, PASSWORD

ANN = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}


async def test_a_new_server_is_set_up_from_its_own_machine(at_home):
    assert await at_home("GET", "/api/v1/setup") == (200, {"required": True})
    status, tokens = await at_home("POST", "/api/v1/setup", ANN)
    assert status == 201
    assert set(tokens) == {"user", "access_token", "refresh_token", "token_type", "expires_in"}
    assert tokens["user"]["role"] == "admin"
    assert (await at_home("GET", "/api/v1/users/me", as_=tokens["access_token"]))[1]["username"] == "ann"
    assert await at_home("GET", "/api/v1/setup") == (200, {"required": False})
    assert (await at_home("POST", "/api/v1/setup", ANN))[0] == 409


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "Via"])
async def test_what_a_proxy_passed_on_is_never_from_this_machine(at_home, header):
    passed_on = {header: "1.1 proxy" if header == "Via" else "127.0.0.1" if header == "X_Forwarded_For" else "for=127.0.0.1"}
    assert (await at_home("GET", "/api/v1/setup", **passed_on))[1] == {"required": True, "code_needed": True}
    assert (await at_home("POST", "/api/v1/setup", ANN, **passed_on))[0] == 403
    assert (await at_home("POST", "/api/v1/setup", {**ANN, "setup_code": "wrong"}, **passed_on))[0] == 403
    assert (await at_home("POST", "/api/v1/setup", {**ANN, "setup_code": CODE}, **passed_on))[0] == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [({"username": ""}, "username"), ({"email": "x"}, "email"), ({"password": "short"}, "password"), ({"email": 7}, "email")],
)
async def test_wrong_input_is_422_with_its_field(at_home, change, field):
    status, problem = await at_home("POST", "/api/v1/setup", {**ANN, **change})
    assert (status, problem["field"]) == (422, field)


async def test_a_missing_field_is_422_and_broken_json_400(at_home):
    assert (await at_home("POST", "/api/v1/setup", {"username": "ann"}))[0] == 422
    async with at_home.session.post(at_home.base + "/api/v1/setup", data=b"{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
