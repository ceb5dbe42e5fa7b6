"""Fetching pictures over HTTP."""

from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from revenge.api.mount import Frame, mount
from revenge.core.errors import Unauthenticated


@pytest.fixture
async def fetch(room, tickets):
    """Gets a path from a running server: status, headers, body."""

    class Nobody:
        async def authenticate(self, credential, via):
            raise Unauthenticated("nobody is known here")

        of_session = authenticate

    app = web.Application()
    mount(app, room.endpoints(), Frame(authenticator=Nobody(), tickets=tickets))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = "http://{}:{}".format(*runner.addresses[0][:2])
    async with aiohttp.ClientSession() as session:

        async def get(path, **headers):
            async with session.get(base + path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
                return answer.status, answer.headers, await answer.read()

        yield get
    await runner.cleanup()


async def test_a_picture_is_sent_and_may_be_kept(room, inception, viewer, fetch):
    art = (await room.artwork.refresh(inception)).poster
    poster = room.artwork.picture(art.id, art.blurhash, viewer)
    status, headers, body = await fetch(poster.url)
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    assert headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert body[8:12] == b"WEBP"
    again, _, nothing = await fetch(poster.url, If_None_Match=headers["ETag"])
    assert (again, nothing) == (304, b"")


async def test_every_offered_width_is_sent_and_no_other(room, inception, viewer, fetch):
    art = (await room.artwork.refresh(inception)).poster
    sizes = [len((await fetch(room.artwork.picture(art.id, "", viewer, width).url))[2]) for width in (180, 342, 780, 1280)]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3]
    assert (await fetch(room.artwork.picture(art.id, "", viewer, 500).url))[0] == 404


async def test_lost_files_come_back_when_somebody_asks_for_them(room, inception, viewer, fetch):
    art = (await room.artwork.refresh(inception)).poster
    for path in room.artwork.files.folder.rglob("*.webp"):
        path.unlink()
    assert (await fetch(room.artwork.picture(art.id, "", viewer).url))[0] == 200


async def test_a_made_up_ticket_one_for_something_else_and_a_strangers_library_open_nothing(
    room, inception, viewer, outsider, tickets, fetch
):
    art = (await room.artwork.refresh(inception)).poster
    assert (await fetch(f"/images/{'x' * 40}/{art.id}/342.webp"))[0] == 401
    assert (await fetch(f"/images/{tickets.issue_daily('playback', viewer.session_id)}/{art.id}/342.webp"))[0] == 401
    assert (await fetch(room.artwork.picture(art.id, "", outsider).url))[0] == 404
    assert (await fetch(room.artwork.picture(uuid4(), "", viewer).url))[0] == 404
    assert (await fetch(room.artwork.picture(art.id, "", viewer).url.replace(str(art.id), "no-id")))[0] in {404, 422}
