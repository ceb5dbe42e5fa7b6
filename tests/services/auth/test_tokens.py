"""Access tokens and cookies: forged, expired, swapped and foreign ones open nothing."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenge.core.errors import StartRefused, Unauthenticated
from revenge.services.auth.tokens import AccessTokens
from tests.fixtures.people import SECRET, Clock


@pytest.fixture
def tokens(clock) -> AccessTokens:
    return AccessTokens(SECRET, clock)


def part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(clock, **changes):
    whole = {"sub": str(uuid4()), "sid": str(uuid4()), "exp": int(clock().timestamp()) + 600, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def test_a_token_says_whose_it_is(tokens):
    user, session = uuid4(), uuid4()
    said = tokens.read(tokens.access(user, session), "bearer")
    assert (said.user_id, said.session_id) == (user, session)


def test_a_token_holds_a_quarter_of_an_hour(tokens, clock):
    token = tokens.access(uuid4(), uuid4())
    clock.pass_(minutes=14, seconds=58)
    assert tokens.read(token, "bearer")
    clock.pass_(seconds=2)
    with pytest.raises(Unauthenticated) as error:
        tokens.read(token, "bearer")
    assert error.value.code == "token_expired"


def test_a_cookie_is_no_bearer_token_and_a_bearer_token_no_cookie(tokens, clock):
    cookie, bearer = tokens.cookie(uuid4(), uuid4(), clock() + timedelta(days=30)), tokens.access(uuid4(), uuid4())
    assert tokens.read(cookie, "cookie")
    for token, via in ((cookie, "bearer"), (bearer, "cookie")):
        with pytest.raises(Unauthenticated):
            tokens.read(token, via)


def test_a_token_that_is_not_signed_by_us_opens_nothing(tokens, clock):
    good = claims(clock)
    unsigned = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(good)}."
    head, body, signature = jwt.encode(good, SECRET, "HS256").split(".")
    forged_body = part(claims(clock))
    shouted = f"{part({'alg': 'NONE'})}.{part(good)}."
    bare = f"{part({'alg': 'HS256'})}.{part(good)}"
    mac = base64.urlsafe_b64encode(hmac.digest(b"", bare.encode(), hashlib.sha256)).rstrip(b"=").decode()
    for token in (
        unsigned,
        shouted,
        f"{head}.{forged_body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{bare}.{mac}",
        jwt.encode(good, "another secret of thirty-two characters", "HS256"),
        jwt.encode(good, SECRET + SECRET, "HS512"),
    ):
        with pytest.raises(Unauthenticated) as error:
            tokens.read(token, "bearer")
        assert error.value.code == "token_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"sub": ...},
        {"sid": ...},
        {"exp": ...},
        {"sub": "ann"},
        {"sid": 7},
        {"sid": None},
        {"sid": ["x"]},
        {"exp": "soon"},
        {"exp": None},
        {"exp": [1]},
        {"use": "refresh"},
        {"use": ["cookie"]},
    ],
)
def test_a_signed_token_with_odd_claims_opens_nothing(tokens, clock, change):
    with pytest.raises(Unauthenticated):
        tokens.read(jwt.encode(claims(clock, **change), SECRET, "HS256"), "bearer")


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_refused_with_the_same_error(text):
    with pytest.raises(Unauthenticated):
        AccessTokens(SECRET, Clock()).read(text, "bearer")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 100_000, "\ud800", "e30.e30.e30"])
def test_what_is_no_token_is_refused(tokens, text):
    with pytest.raises(Unauthenticated):
        tokens.read(text, "bearer")


def test_a_short_secret_stops_the_start():
    with pytest.raises(StartRefused, match=r"auth\.jwt_secret"):
        AccessTokens("short")
