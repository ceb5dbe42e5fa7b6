"""What every endpoint of the product has: a list that can be bounded, words that describe it, a permission that somebody grants."""

import inspect
import re
from pathlib import Path
from typing import get_origin

import msgspec
import pytest

from revenge.api.binding import Binder
from revenge.bootstrap.build import build
from revenge.bootstrap.settings import Settings
from revenge.core.caller import PERMISSIONS
from revenge.core.page import Limit, Page
from revenge.core.settings import Secret
from revenge.services.auth.settings import AuthSettings

ADMIN_ONLY = {"libraries:manage", "movies:edit", "playback:manage", "users:manage", "admin:cluster", "jobs:manage", "providers:read"}
"""What only admins may do; every other permission is granted to users, too."""
PROMISED = """
GET /health/live /health/ready /health/startup /metrics /api/v1/openapi.json /api/v1/setup /api/v1/users/me /api/v1/libraries
POST /api/v1/setup /api/v1/auth/login /api/v1/auth/refresh /api/v1/auth/logout /api/v1/libraries /api/v1/libraries/{id}/scan
GET /api/v1/libraries/{id} /api/v1/libraries/{id}/scans /api/v1/scans/{id}/errors /api/v1/events /api/v1/movies /api/v1/movies/{id}
PATCH /api/v1/libraries/{id}
DELETE /api/v1/libraries/{id} /api/v1/playback/sessions/{id} /api/v1/movies/{id}/progress
POST /api/v1/scans/{id}/cancel /api/v1/events/ticket /api/v1/playback/sessions /api/v1/playback/sessions/{id}/progress
GET /api/v1/playback/sessions /api/v1/playback/sessions/{id} /api/v1/playback/continue-watching /api/v1/search
POST /api/v1/playback/sessions/{id}/transfer /api/v1/playback/sessions/{id}/stop
DELETE /api/v1/playback/continue-watching/{kind}/{id}
GET /api/v1/files/{id}/download /api/v1/files/{id}/sync /api/v1/admin/cluster
PUT /api/v1/movies/{id}/progress
"""
"""What other programs are written against: these doors stay."""


ALWAYS = """
POST /login
POST /logout
POST /api/v1/auth/login
POST /api/v1/auth/refresh
POST /api/v1/auth/logout
POST /api/v1/events/ticket
POST /api/v1/playback/sessions
DELETE /api/v1/playback/sessions/{id}
POST /api/v1/playback/sessions/{id}/progress
POST /api/v1/playback/sessions/{id}/transfer
POST /api/v1/playback/sessions/{id}/stop
POST /media/{ticket}/progress
POST /api/v1/admin/cluster/drain
PUT /api/v1/movies/{id}/progress
DELETE /api/v1/movies/{id}/progress
"""
"""The writes that need no majority of the nodes."""


@pytest.fixture(scope="module")
def endpoints():
    return build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "").endpoints


@pytest.fixture(scope="module")
def shapes(endpoints):
    return [(endpoint, Binder(endpoint).shape) for endpoint in endpoints if not endpoint.page]


def test_every_list_can_be_bounded_and_is_by_itself(shapes):
    lists = [(endpoint, shape) for endpoint, shape in shapes if get_origin(shape.returns) is Page]
    assert len(lists) > 5
    for endpoint, shape in lists:
        assert shape.query is not None, f"{endpoint.path} is a list without a limit"
        (limit,) = [field for field in msgspec.structs.fields(shape.query) if field.name == "limit"]
        assert limit.type == Limit, endpoint.path
        assert isinstance(limit.default, int), endpoint.path


def test_nothing_answers_with_a_bare_list(shapes):
    assert not [endpoint.path for endpoint, shape in shapes if get_origin(shape.returns) is list]


def test_every_endpoint_says_what_it_does_in_a_sentence(shapes):
    for endpoint, _ in shapes:
        words = inspect.getdoc(endpoint.handler)
        assert words, f"{endpoint.method} {endpoint.path}"
        assert words.splitlines()[0].endswith("."), f"{endpoint.method} {endpoint.path}: {words}"


def test_every_permission_is_granted_to_somebody_on_purpose(endpoints):
    asked = {endpoint.may for endpoint in endpoints if endpoint.may}
    assert asked - PERMISSIONS["user"] == ADMIN_ONLY
    assert PERMISSIONS["user"] <= asked


def test_what_goes_on_where_a_node_is_read_only_is_signing_in_watching_and_going(endpoints):
    always = {f"{endpoint.method} {endpoint.path}" for endpoint in endpoints if endpoint.always}
    assert always == set(ALWAYS.split("\n")) - {""}


def test_no_two_endpoints_share_a_door(endpoints):
    doors = [(endpoint.method, re.sub(r"\{\w+", "{", endpoint.path)) for endpoint in endpoints]
    assert len(doors) == len(set(doors))


def test_the_doors_that_were_promised_are_there(endpoints):
    there = {f"{endpoint.method} {endpoint.path}" for endpoint in endpoints}
    promised = {f"{method} {path}" for method, *paths in map(str.split, PROMISED.strip().splitlines()) for path in paths}
    assert promised - there == set()
