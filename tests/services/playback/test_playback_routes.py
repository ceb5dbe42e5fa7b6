"""The doors of watching: what they take, what they answer, and how they refuse."""

from uuid import uuid4

import pytest

from tests.services.playback.conftest import away

SESSIONS = "/api/v1/playback/sessions"
SESSION = {
    "id", "item", "file_id", "method", "reasons", "streams", "direct_url", "hls_url", "progress_url", "fonts_url", "next", "audio", "subtitles", "resume_ms", "duration_ms", "alternates", "expires_at",
}  # fmt: skip


@pytest.fixture
def token(house, bob):
    return house.household.auth.access.access(bob.user_id, bob.session_id)


@pytest.fixture
async def item(house, mkv_h264_ac3):
    return await house.film(mkv_h264_ac3, name="Metropolis.mkv")


def wanted(item, **more):
    return {"item": {"kind": item.kind, "id": str(item.id)}, "client": {"profile": "chromium"}, **more}


async def test_a_viewing_from_its_beginning_to_its_end(doors, token, item):
    begun = await doors("POST", SESSIONS, wanted(item), as_=token)
    session = begun.json
    assert (begun.status, set(session)) == (201, SESSION)
    assert session["item"] == {"kind": "movie", "id": str(item.id)}
    assert [(one["code"], one["stream"]) for one in session["reasons"]] == [
        ("container_unsupported", "container"),
        ("audio_codec_unsupported", "audio"),
    ]
    assert set(session["subtitles"][0]) == {"index", "language", "title", "format", "url", "plain_url", "default", "forced"}
    assert session["alternates"] == []

    path = f"{SESSIONS}/{session['id']}"
    assert (await doors("POST", f"{path}/progress", {"position_ms": 6000, "state": "playing", "device_id": "tv"}, as_=token)).status == 204
    older = await doors("POST", f"{path}/progress", {"position_ms": 1, "state": "playing", "at": "2020-01-01T00:00:00Z"}, as_=token)
    assert (older.status, older.json) == (200, {"position_ms": 6000})
    assert (await doors("GET", path, as_=token)).json["resume_ms"] == 6000

    playing = (await doors("GET", SESSIONS, as_=token)).json
    assert playing["next"] is None
    assert [(one["id"], one["title"], one["position_ms"], one["state"]) for one in playing["items"]] == [
        (session["id"], "Metropolis", 6000, "playing")
    ]
    (begun,) = (await doors("GET", "/api/v1/playback/continue-watching", as_=token)).json["items"]
    assert {"item", "title", "poster", "position_ms", "duration_ms", "at"} <= set(begun)

    assert (await doors("DELETE", path, as_=token)).status == 204
    for method, address, body in (
        ("GET", path, None),
        ("DELETE", path, None),
        ("POST", f"{path}/progress", {"position_ms": 1, "state": "paused"}),
    ):
        assert (await doors(method, address, body, as_=token)).status == 404


async def test_a_player_whose_node_is_gone_reports_by_its_ticket_alone(doors, token, item):
    session = (await doors("POST", SESSIONS, wanted(item), as_=token)).json
    assert (await doors("POST", session["progress_url"], {"position_ms": 6000})).status == 204
    assert (await doors("GET", f"{SESSIONS}/{session['id']}", as_=token)).json["resume_ms"] == 6000
    there = {"Origin": "http://other:8080", "Sec_Fetch_Site": "cross-site"}
    assert (await doors("POST", session["progress_url"], {"position_ms": 6000}, **there)).status == 204, "the page is another node's"
    older = await doors("POST", session["progress_url"], {"position_ms": 1, "at": "2020-01-01T00:00:00Z"})
    assert (older.status, older.json) == (200, {"position_ms": 6000})
    made_up = session["progress_url"].replace("/media/", "/media/x")
    assert (await doors("POST", made_up, {"position_ms": 1})).status == 401
    await doors("DELETE", f"{SESSIONS}/{session['id']}", as_=token)
    assert (await doors("POST", session["progress_url"], {"position_ms": 1})).status == 404


async def test_an_admin_stops_a_viewing_and_others_may_not(doors, house, token, ann, item):
    session = (await doors("POST", SESSIONS, wanted(item), as_=token)).json
    stop, hers = f"{SESSIONS}/{session['id']}/stop", house.household.auth.access.access(ann.user_id, ann.session_id)
    assert (await doors("POST", stop, {"message": "Bedtime."}, as_=token)).status == 403
    assert (await doors("POST", stop, {"message": "x" * 501}, as_=hers)).status == 422
    assert (await doors("POST", stop, {"message": "Bedtime."}, as_=hers)).status == 204
    told = await doors("POST", session["progress_url"], {"position_ms": 7000})
    assert (told.status, told.json["code"], told.json["detail"]) == (404, "viewing_stopped_because", "Bedtime.")


async def test_a_viewing_is_taken_over(doors, token, item):
    session = (await doors("POST", SESSIONS, wanted(item), as_=token)).json
    await doors("POST", session["progress_url"], {"position_ms": 6000})
    taken = await doors("POST", f"{SESSIONS}/{session['id']}/transfer", {"client": {"profile": "vlc"}}, as_=token)
    assert (taken.status, taken.json["resume_ms"], taken.json["method"]) == (201, 6000, "direct")
    assert (await doors("POST", f"{SESSIONS}/{session['id']}/transfer", {}, as_=token)).json["code"] == "viewing_moved"


async def test_limits_are_an_admins(doors, house, token, ann, bob, item):
    path, hers = f"/api/v1/playback/limits/{bob.user_id}", house.household.auth.access.access(ann.user_id, ann.session_id)
    for method, body in (("GET", None), ("PUT", {"max_streams": 0})):
        assert (await doors(method, path, body, as_=token)).status == 403
    said = await doors("PUT", path, {"max_streams": 0}, as_=hers)
    assert (said.status, said.json) == (200, {"max_streams": 0, "max_bitrate": None, "max_height": None})
    assert (await doors("GET", path, as_=hers)).json == said.json
    assert (await doors("PUT", path, {"max_streams": -1}, as_=hers)).status == 422
    assert (await doors("PUT", path.replace(str(bob.user_id), str(uuid4())), {}, as_=hers)).status == 404
    refused = await doors("POST", SESSIONS, wanted(item), as_=token)
    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (429, "too_many_streams", "60")


async def test_what_was_begun_is_hidden(doors, token, item):
    session = (await doors("POST", SESSIONS, wanted(item), as_=token)).json
    await doors("POST", session["progress_url"], {"position_ms": 6000})
    assert (await doors("DELETE", f"/api/v1/playback/continue-watching/movie/{item.id}", as_=token)).status == 204
    assert (await doors("GET", "/api/v1/playback/continue-watching", as_=token)).json["items"] == []


async def test_a_film_is_marked_and_started_over(doors, token, item):
    path = f"/api/v1/movies/{item.id}/progress"
    said = await doors("PUT", path, {"watched": True}, as_=token)
    assert (said.status, said.json) == (200, {"position_ms": 12000, "duration_ms": 12000, "watched": True})
    assert (await doors("DELETE", path, as_=token)).status == 204
    assert (await doors("DELETE", path, as_=token)).status == 204
    assert (await doors("PUT", path, {}, as_=token)).status == 422
    assert (await doors("PUT", path.replace(str(item.id), str(uuid4())), {"watched": True}, as_=token)).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", SESSIONS),
        ("GET", SESSIONS),
        ("GET", f"{SESSIONS}/nonsense"),
        ("DELETE", f"{SESSIONS}/{uuid4()}"),
        ("POST", f"{SESSIONS}/{uuid4()}/progress"),
        ("POST", f"{SESSIONS}/{uuid4()}/transfer"),
        ("POST", f"{SESSIONS}/{uuid4()}/stop"),
        ("GET", f"/api/v1/playback/limits/{uuid4()}"),
        ("DELETE", f"/api/v1/playback/continue-watching/movie/{uuid4()}"),
        ("GET", "/api/v1/playback/continue-watching"),
        ("PUT", f"/api/v1/movies/{uuid4()}/progress"),
        ("GET", f"/api/v1/files/{uuid4()}/download"),
    ],
)
async def test_a_stranger_is_a_stranger_whatever_they_ask(doors, method, path):
    assert (await doors(method, path, "nonsense" if method in {"POST", "PUT"} else None)).status == 401


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"item": {"kind": "movie", "id": str(uuid4())}}, 404, "not_found"),
        ({"file_id": str(uuid4())}, 404, "not_found"),
        ({"item": {"kind": "toast", "id": str(uuid4())}}, 422, "kind_unknown"),
        ({"item": {"kind": "movie", "id": "7"}}, 422, "invalid"),
        ({"item": None}, 422, "invalid"),
        ({"start_ms": -1}, 422, "invalid"),
        ({"client": {"profile": "toaster"}}, 422, "profile_unknown"),
        ({"client": {"max_height": "high"}}, 422, "invalid"),
        ({"client": {"max_bitrate": 5}}, 422, "invalid"),
        ({"client": {"max_channels": 0}}, 422, "invalid"),
        ({"client": {"colour": "red"}}, 422, "invalid"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused(doors, token, item, change, status, code):
    refused = await doors("POST", SESSIONS, wanted(item) | change, as_=token)
    assert (refused.status, refused.json["code"]) == (status, code)
    assert refused.json["detail"]


async def test_a_film_without_its_disk_is_a_sentence_and_a_time_to_come_back(house, doors, token, item):
    away(house.folder)
    refused = await doors("POST", SESSIONS, wanted(item), as_=token)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "30")
    assert refused.json["detail"] == "The disk that holds this cannot be seen at the moment."


async def test_a_film_nobody_has_looked_into_is_a_conflict(house, doors, token):
    refused = await doors("POST", SESSIONS, wanted(await house.film()), as_=token)
    assert (refused.status, refused.json["code"]) == (409, "file_not_ready")


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"position_ms": -1},
        {"position_ms": 1.5},
        {"position_ms": 1, "state": "dancing"},
        {"position_ms": 1, "at": "yesterday"},
        {"position_ms": 1, "at": "2026-01-01T00:00:00"},
        {"position_ms": 1, "device_id": "x" * 201},
        {"position_ms": 10**18},
    ],
)
async def test_a_report_that_makes_no_sense_is_refused(doors, token, item, report):
    session = (await doors("POST", SESSIONS, wanted(item), as_=token)).json
    assert (await doors("POST", f"{SESSIONS}/{session['id']}/progress", report, as_=token)).status == 422


async def test_others_viewings_are_not_there(house, doors, token, ann, item):
    hers = await house.watch(item, ann)
    for method, path, body in (
        ("GET", f"{SESSIONS}/{hers.id}", None),
        ("DELETE", f"{SESSIONS}/{hers.id}", None),
        ("POST", f"{SESSIONS}/{hers.id}/progress", {"position_ms": 1, "state": "playing"}),
    ):
        assert (await doors(method, path, body, as_=token)).status == 404
