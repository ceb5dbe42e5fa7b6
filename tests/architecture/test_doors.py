"""Every door of the product has a lock: the router is walked, and a stranger tries each."""

import re
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from revenge.api.mount import Frame, endpoint_of, mount
from revenge.api.server import Runner
from revenge.bootstrap.build import build
from revenge.bootstrap.settings import Settings
from revenge.core.errors import Unauthenticated
from revenge.core.settings import Secret
from revenge.core.tickets import Tickets
from revenge.services.auth.settings import AuthSettings

OPEN = {
    "GET /health/live": "health",
    "GET /health/ready": "health",
    "GET /health/startup": "health",
    "GET /metrics": "metrics",
    "GET /api/docs/app.css": "static",
    "GET /api/docs/app.js": "static",
    "GET /static/{version}/{name}": "static",
    "GET /favicon.ico": "static",
    "GET /api/v1/setup": "setup",
    "POST /api/v1/setup": "setup",
    "GET /setup": "setup",
    "GET /setup/account": "setup",
    "POST /setup/account": "setup",
    "GET /login": "login",
    "POST /login": "login",
    "POST /api/v1/auth/login": "login",
    "POST /api/v1/auth/refresh": "refresh",
    "POST /api/v1/cluster/join": "invitation",  # a node without the cluster's secret has nothing but its join token
    "GET /api/v1/events/{ticket}": "ticket",
    "GET /images/{ticket}/{id}/{width}.webp": "ticket",
    "GET /media/{ticket}/direct": "ticket",
    "GET /media/{ticket}/hls/master.m3u8": "ticket",
    "GET /media/{ticket}/hls/television.m3u8": "ticket",
    "GET /media/{ticket}/hls/{rendition}/{number}.m4s": "ticket",
    "GET /media/{ticket}/hls/{rendition}/{number}.ts": "ticket",
    "GET /media/{ticket}/subtitles/{index}.vtt": "ticket",
    "GET /media/{ticket}/subtitles/{index}.sup": "ticket",
    "GET /media/{ticket}/subtitles/{index}.ass": "ticket",
    "GET /media/{ticket}/fonts": "ticket",
    "GET /media/{ticket}/fonts/{number}": "ticket",
    "POST /media/{ticket}/progress": "ticket",  # a player whose own node is gone has nothing but its ticket elsewhere
}
"""The doors that stand open, and why. One more needs a reason that a reader of this list accepts."""
_HLS = re.compile(r"GET /media/\{ticket\}/hls/\{rendition\}/[\w.-]+")


@pytest.fixture(scope="module")
def house():
    return build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "")


def _plain(path: str) -> str:
    return re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", path)


def test_every_route_was_mounted_with_a_permission_or_stands_on_the_list(house):
    routes = list(house.application().router.routes())
    assert routes
    for route in routes:
        endpoint = endpoint_of(route)
        assert endpoint is not None, f"{route} was put on the router behind the frame's back"
        name = f"{endpoint.method} {_plain(endpoint.path)}"
        if endpoint.open is not None:
            assert OPEN.get(name) == endpoint.open or (endpoint.open == "ticket" and _HLS.fullmatch(name)), f"{name} is open"


def test_the_list_names_no_door_that_is_gone(house):
    doors = {f"{endpoint.method} {_plain(endpoint.path)}" for endpoint in house.endpoints if endpoint.open}
    assert set(OPEN) <= doors


class Nobody:
    async def authenticate(self, credential, via):
        raise Unauthenticated("no")

    async def of_session(self, session_id):
        raise Unauthenticated("no")


async def test_a_stranger_is_stopped_at_every_other_door_whatever_the_path_and_body(house):
    app = web.Application()
    mount(app, house.endpoints, Frame(authenticator=Nobody(), tickets=Tickets("-" * 32)))
    runner = Runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    guarded = [endpoint for endpoint in house.endpoints if endpoint.may]
    try:
        async with aiohttp.ClientSession() as session:
            for endpoint in guarded:
                url = base + re.sub(r"\{[^{}]+\}", "0", endpoint.path)
                for method in ("GET", "HEAD") if endpoint.method == "GET" else (endpoint.method,):
                    for headers in ({}, {"Authorization": "Bearer made-up"}, {"Cookie": "revenge_session=made-up"}):
                        body = None if method in {"GET", "HEAD"} else b"{ broken"
                        async with session.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
                            assert answer.status == (303 if endpoint.page else 401), f"{method} {endpoint.path} {headers}"
    finally:
        await runner.cleanup()
