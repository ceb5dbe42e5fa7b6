"""What is wrong is answered with the right status and a sentence that says what to do; nothing is lost by it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from revenge.core.tickets import Tickets
from tests.fixtures.client import CHROMIUM, problem
from tests.fixtures.media import tiny_video
from tests.fixtures.node import PASSWORD

MISSING = uuid4()
GUARDED = (
    ("GET", "/api/v1/users/me"),
    ("GET", "/api/v1/libraries"),
    ("POST", "/api/v1/libraries"),
    ("DELETE", f"/api/v1/libraries/{MISSING}"),
    ("POST", f"/api/v1/libraries/{MISSING}/scan"),
    ("GET", "/api/v1/movies?limit=none"),
    ("PATCH", f"/api/v1/movies/{MISSING}"),
    ("GET", "/api/v1/search"),
    ("POST", "/api/v1/playback/sessions"),
    ("GET", f"/api/v1/files/{MISSING}/download"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/openapi.json"),
)


@pytest.fixture(scope="module")
def ben(node):
    """Somebody who only watches."""
    node.admin.post("/api/v1/admin/users", {"username": "ben", "email": "ben@example.org", "password": PASSWORD, "role": "user"})
    return node.login("ben")


# ---- who asks
def test_a_wrong_password_and_an_unknown_person_are_refused_alike(node):
    stranger = node.stranger()
    wrong = stranger.answer("POST", "/api/v1/auth/login", {"username": "anna", "password": "not my password"})
    unknown = stranger.answer("POST", "/api/v1/auth/login", {"username": "nobody-here", "password": "not my password"})
    assert problem(wrong, 401) == problem(unknown, 401)
    assert node.login().get("/api/v1/users/me")["username"] == "anna"


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_stranger_gets_401_whatever_else_is_wrong(node, method, path):
    problem(node.stranger().answer(method, path, content=b"{no json"), 401)


def test_made_up_and_foreign_access_tokens_are_refused(node, fresh_node):
    for token in ("nonsense", "a.b.c", node.admin.token[:-4] + "AAAA", fresh_node.set_up().admin.token):
        problem(node.stranger().answer("GET", "/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}), 401)


def test_a_made_up_expired_or_foreign_ticket_opens_nothing(node, shelf):
    admin, stranger = node.admin, node.stranger()
    session = admin.play(admin.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)
    ticket = session["direct_url"].split("/")[2]
    secret = (node.data_dir / "secrets" / "auth.jwt_secret").read_text().strip()
    ours, theirs, later = Tickets(secret), Tickets("x" * 40), datetime.now(UTC) + timedelta(hours=1)
    opened = ours.open("playback", ticket)
    wrong = {
        "made up": "AAAA",
        "not even base64": "%F0%9F%98%80",
        "one letter changed": ticket[:20] + ("A" if ticket[20] != "A" else "B") + ticket[21:],
        "another server's": theirs.issue("playback", opened.session, opened.subject, later),
        "for something else": ours.issue("image", opened.session, "", later),
        "expired": ours.issue("playback", opened.session, opened.subject, datetime.now(UTC) - timedelta(seconds=1)),
        "of a login that never was": ours.issue("playback", uuid4(), opened.subject, later),
        "of a viewing that never was": ours.issue("playback", opened.session, str(uuid4()), later),
    }
    assert stranger.answer("GET", f"/media/{ours.issue('playback', opened.session, opened.subject, later)}/direct").status_code == 200
    for what, text in wrong.items():
        for rest in ("direct", "hls/master.m3u8", "hls/v0/index.m3u8", "hls/v0/0.m4s", "subtitles/1000.vtt"):
            answer = stranger.answer("GET", f"/media/{text}/{rest}")
            assert answer.status_code == 401, (what, rest, answer.text)
            problem(answer, 401)
    picture = admin.movie("Metropolis", library=shelf["id"])["poster"]["url"]
    problem(stranger.answer("GET", picture.replace(picture.split("/")[2], ticket)), 401)
    problem(stranger.answer("GET", f"/api/v1/events/{ticket}"), 401)


def test_who_only_watches_may_watch_and_manages_nothing(node, shelf, ben):
    movie = ben.movie("Metropolis", library=shelf["id"])
    assert ben.play(movie, agent=CHROMIUM)["method"] == "direct"
    for method, path, body in (
        ("POST", "/api/v1/libraries", {"name": "Mine", "kind": "movie", "paths": ["/tmp"]}),
        ("GET", "/api/v1/libraries/folders?path=/", None),
        ("PATCH", f"/api/v1/libraries/{shelf['id']}", {"name": "Mine"}),
        ("DELETE", f"/api/v1/libraries/{shelf['id']}", None),
        ("POST", f"/api/v1/libraries/{shelf['id']}/scan", None),
        ("POST", f"/api/v1/scans/{shelf['scan']['id']}/cancel", None),
        ("PATCH", f"/api/v1/movies/{movie['id']}", {"title": "Mine"}),
        ("POST", "/api/v1/admin/users", {"username": "eve", "email": "eve@example.org", "password": PASSWORD}),
    ):
        assert "permission" in problem(ben.answer(method, path, body), 403)


def test_a_removed_account_is_refused_at_once_with_all_its_tickets(node, shelf):
    person = {"username": "carl", "email": "carl@example.org", "password": PASSWORD, "role": "user"}
    made = node.admin.post("/api/v1/admin/users", person)
    problem(node.admin.answer("POST", "/api/v1/admin/users", person), 409)
    carl = node.login("carl")
    session = carl.play(carl.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)
    assert node.stranger().answer("GET", session["direct_url"]).status_code == 200
    node.admin.delete(f"/api/v1/admin/users/{made['id']}")
    problem(carl.answer("GET", "/api/v1/users/me"), 401)
    problem(node.stranger().answer("GET", session["direct_url"]), 401)
    problem(node.stranger().answer("POST", "/api/v1/auth/login", {"username": "carl", "password": PASSWORD}), 401)
    assert "carl" not in {one["user"] for one in node.admin.get("/api/v1/playback/sessions")["items"]}


def test_the_last_admin_stays(node):
    me = node.admin.get("/api/v1/users/me")
    problem(node.admin.answer("DELETE", f"/api/v1/admin/users/{me['id']}"), 409)
    problem(node.admin.answer("PATCH", f"/api/v1/admin/users/{me['id']}", {"role": "user"}), 409)


def test_nobody_sees_ends_or_moves_on_anothers_viewing(node, shelf, ben):
    session = node.admin.play(node.admin.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)
    path = f"/api/v1/playback/sessions/{session['id']}"
    problem(ben.answer("GET", path), 404)
    problem(ben.answer("DELETE", path), 404)
    problem(ben.answer("POST", f"{path}/progress", {"position_ms": 1}), 404)
    mine = ben.play(ben.movie("Nosferatu", library=shelf["id"]), agent=CHROMIUM)
    assert {one["user"] for one in ben.get("/api/v1/playback/sessions")["items"]} == {"ben"}
    assert {one["user"] for one in node.admin.get("/api/v1/playback/sessions")["items"]} == {"anna", "ben"}
    ben.delete(f"/api/v1/playback/sessions/{mine['id']}")


def test_the_setup_is_over_once_there_is_an_admin(node):
    assert node.stranger().get("/api/v1/setup") == {"required": False}
    again = node.stranger().answer("POST", "/api/v1/setup", {"username": "eve", "email": "e@example.org", "password": PASSWORD})
    problem(again, 409)


def test_a_setup_that_was_passed_on_needs_the_code(fresh_node):
    person = {"username": "anna", "email": "anna@example.org", "password": PASSWORD}
    through = {"X-Forwarded-For": "198.51.100.4"}
    assert fresh_node.stranger().get("/api/v1/setup") == {"required": True}
    assert "code" in problem(fresh_node.stranger().answer("POST", "/api/v1/setup", person, headers=through), 403)
    problem(fresh_node.stranger().answer("POST", "/api/v1/setup", person | {"setup_code": "WRONG-CODE"}, headers=through), 403)
    problem(fresh_node.stranger().answer("POST", "/api/v1/setup", person | {"password": "short"}), 422)
    code = (fresh_node.data_dir / "setup_code").read_text().strip()
    assert code in fresh_node.said()
    made = fresh_node.stranger().answer("POST", "/api/v1/setup", person | {"setup_code": code}, headers=through)
    assert made.status_code == 201
    assert made.json()["user"]["role"] == "admin"
    assert not (fresh_node.data_dir / "setup_code").exists()


# ---- what is asked for
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/api/v1/movies/{MISSING}"),
        ("PATCH", f"/api/v1/movies/{MISSING}"),
        ("GET", "/api/v1/movies/not-an-id"),
        ("PUT", f"/api/v1/movies/{MISSING}/progress"),
        ("DELETE", f"/api/v1/movies/{MISSING}/progress"),
        ("GET", f"/api/v1/libraries/{MISSING}"),
        ("DELETE", f"/api/v1/libraries/{MISSING}"),
        ("POST", f"/api/v1/libraries/{MISSING}/scan"),
        ("GET", f"/api/v1/libraries/{MISSING}/scans"),
        ("GET", f"/api/v1/scans/{MISSING}"),
        ("GET", f"/api/v1/scans/{MISSING}/errors"),
        ("POST", f"/api/v1/scans/{MISSING}/cancel"),
        ("GET", f"/api/v1/playback/sessions/{MISSING}"),
        ("DELETE", f"/api/v1/playback/sessions/{MISSING}"),
        ("GET", f"/api/v1/files/{MISSING}/download"),
        ("GET", "/api/v1/nothing-here"),
        ("GET", "/api/v2/movies"),
    ],
)
def test_what_is_not_there_is_404(node, method, path):
    body = {"watched": True} if method == "PUT" else {} if method == "PATCH" else None
    problem(node.admin.answer(method, path, body), 404)


def test_playing_what_is_not_there_is_404(node, shelf):
    begin = lambda body: node.admin.answer("POST", "/api/v1/playback/sessions", body)  # noqa: E731
    movie = node.admin.movie("Metropolis", library=shelf["id"])
    problem(begin({"item": {"kind": "movie", "id": str(MISSING)}}), 404)
    problem(begin({"item": {"kind": "movie", "id": movie["id"]}, "file_id": str(MISSING)}), 404)
    problem(begin({"item": {"kind": "opera", "id": movie["id"]}}), 422)
    problem(begin({"item": {"kind": "movie", "id": movie["id"]}, "client": {"profile": "toaster"}}), 422, "profile_unknown")


def test_parts_of_a_film_that_do_not_exist_are_404(node, shelf):
    base = node.admin.play(node.admin.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)["hls_url"].rpartition("/hls/")[0]
    for part in (
        "hls/v0/99.m4s",
        "hls/v0/-1.m4s",
        "hls/v9/index.m3u8",
        "hls/a7/0.m4s",
        "hls/v0-480/0.m4s",
        "hls/../direct",
        "subtitles/7.vtt",
    ):
        answer = node.stranger().answer("GET", f"{base}/{part}")
        assert answer.status_code in ({404} if ".." not in part else {200, 404}), (part, answer.text)


@pytest.mark.parametrize("cursor", ["foreign", "AAAA", "not base64!", "", "k6V0aXRsZQ"])
def test_a_foreign_or_made_up_cursor_is_refused(node, shelf, cursor):
    if cursor == "foreign":
        cursor = node.admin.get("/api/v1/movies", sort="title", limit=2)["next"]
    answer = node.admin.answer("GET", "/api/v1/movies", params={"sort": "-year", "cursor": cursor, "limit": 2})
    assert "start again" in problem(answer, 422, "cursor_invalid")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/movies?limit=0", "limit"),
        ("/api/v1/movies?limit=201", "limit"),
        ("/api/v1/movies?limit=many", "limit"),
        ("/api/v1/movies?offset=-1", "offset"),
        ("/api/v1/movies?library=films", "library"),
        ("/api/v1/search", "q"),
        ("/api/v1/search?q=", "q"),
    ],
)
def test_a_wrong_query_names_its_field(node, path, field):
    assert field in problem(node.admin.answer("GET", path), 422)


def test_an_unknown_sort_names_the_known_ones(node):
    assert "-added_at" in problem(node.admin.answer("GET", "/api/v1/movies", params={"sort": "colour"}), 422)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{not json", 400, None),
        (b"\xff\xfe", 400, None),
        (b"", 400, None),
        (b"[]", 422, None),
        (b"{}", 422, "name"),
        (b'{"name": 7, "kind": "movie", "paths": ["/tmp"]}', 422, "name"),
        (b'{"name": "", "kind": "movie", "paths": ["/tmp"]}', 422, "name"),
        (b'{"name": "x", "kind": "movie", "paths": "/tmp"}', 422, "paths"),
        (b'{"name": "x", "kind": "movie", "paths": []}', 422, "paths"),
        (b'{"name": "x", "kind": "movie", "paths": ["/tmp"], "colour": "red"}', 422, "colour"),
        (b'{"name": "x", "kind": "opera", "paths": ["/tmp"]}', 422, None),
    ],
)
def test_a_wrong_body_is_400_or_422_with_the_field(node, body, status, field):
    answer = node.admin.answer("POST", "/api/v1/libraries", content=body, headers={"Content-Type": "application/json"})
    sentence = problem(answer, status)
    assert field is None or field in sentence


def test_a_wrong_method_and_too_large_a_body_are_refused(node):
    answer = node.admin.answer("DELETE", "/api/v1/movies")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]
    large = b'{"name": "' + b"x" * (2 << 20) + b'"}'
    problem(node.admin.answer("POST", "/api/v1/libraries", content=large, headers={"Content-Type": "application/json"}), 413)


def test_a_wrong_position_is_refused_and_one_beyond_the_end_is_the_end(node, shelf):
    session = node.admin.play(node.admin.movie("Der müde Tod", library=shelf["id"]), agent=CHROMIUM)
    path = f"/api/v1/playback/sessions/{session['id']}/progress"
    for body in ({"position_ms": -1}, {"position_ms": "1"}, {}, {"position_ms": 1, "state": "dancing"}, {"position_ms": 1, "at": "noon"}):
        problem(node.admin.answer("POST", path, body), 422)
    assert node.admin.answer("POST", path, {"position_ms": 10**11}).status_code == 204
    movie = node.admin.movie("Der müde Tod", library=shelf["id"])
    assert movie["progress"]["position_ms"] == movie["progress"]["duration_ms"]
    node.admin.delete(f"/api/v1/movies/{movie['id']}/progress")


# ---- folders
@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("films", "path_relative", "absolute"),
        ("./films", "path_relative", "absolute"),
        ("", "path_relative", "absolute"),
        ("/no/such/folder", "path_not_a_folder", "does not exist"),
        ("{file}", "path_not_a_folder", "is not a folder"),
        ("{pipe}", "path_not_a_folder", "is not a folder"),
        ("{file}/below", "path_not_a_folder", "does not exist"),
    ],
)
def test_a_path_that_is_no_folder_is_explained(node, tmp_path, path, code, words):
    (tmp_path / "file").write_text("a file")
    os.mkfifo(tmp_path / "pipe")
    path = path.format(file=tmp_path / "file", pipe=tmp_path / "pipe")
    body = {"name": "Wrong", "kind": "movie", "paths": [path]}
    assert words in problem(node.admin.answer("POST", "/api/v1/libraries", body), 422, code)
    assert "Wrong" not in {library["name"] for library in node.admin.get("/api/v1/libraries")["items"]}


def test_a_folder_within_another_of_the_same_library_would_bring_its_films_twice(node, tmp_path):
    (tmp_path / "films" / "classics").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "films")
    for inner in (tmp_path / "films" / "classics", tmp_path / "link"):
        body = {"name": "Twice", "kind": "movie", "paths": [str(tmp_path / "films"), str(inner)]}
        assert "lies within" in problem(node.admin.answer("POST", "/api/v1/libraries", body), 422, "path_nested")
    spelled = node.admin.library("Twice", tmp_path / "films", f"{tmp_path}/films/", f"{tmp_path}/films/classics/..")
    assert [path["path"] for path in spelled["paths"]] == [str(tmp_path / "films")]
    node.admin.delete(f"/api/v1/libraries/{spelled['id']}")


def test_a_name_that_is_taken_is_a_conflict(node, shelf, tmp_path):
    for name in ("Films", "  films "):
        problem(node.admin.answer("POST", "/api/v1/libraries", {"name": name, "kind": "movie", "paths": [str(tmp_path)]}), 409)


def test_folders_and_files_without_permission_are_explained_and_the_rest_goes_on(elsewhere, a_node, tmp_path):
    """Root may read everything: it gives that up here, and the files belong to somebody else. The way to the servers is opened instead."""
    database = Path(parse_qs(urlsplit(elsewhere["REVENGE_DATABASE_URL"]).query)["host"][0])
    store = Path(urlsplit(elsewhere["REVENGE_CACHE_URL"]).path)
    for place in (database, database / ".s.PGSQL.5432", store.parent, store):
        place.chmod(0o777)
    media = tmp_path / "media"
    tiny_video(media / "Open (2000).mkv")
    tiny_video(media / "closed folder" / "Hidden (2001).mkv")
    tiny_video(media / "Closed (2002).mkv")
    closed = tmp_path / "closed"
    closed.mkdir()
    locked = {media / "closed folder": 0o700, media / "Closed (2002).mkv": 0o600, closed: 0o700}
    for path, mode in locked.items():
        _lock(path, mode)

    node = a_node(through=_POWERLESS, **elsewhere).set_up()
    body = {"name": "Closed", "kind": "movie", "paths": [str(closed)]}
    assert "permission" in problem(node.admin.answer("POST", "/api/v1/libraries", body), 422, "path_forbidden")
    library = node.admin.library("Open", media)
    scan = node.admin.scan(library["id"])
    assert [movie["title"] for movie in node.admin.movies()] == ["Open"]
    errors = {path.removeprefix(f"{media}/"): reason for path, reason in node.admin.errors(scan["id"]).items()}
    assert errors.keys() == {"closed folder", "Closed (2002).mkv"}
    assert all("ermission" in reason for reason in errors.values()), errors
    for path in locked:
        path.chmod(0o755)
    node.admin.scan(library["id"])
    assert [movie["title"] for movie in node.admin.movies()] == ["Closed", "Hidden", "Open"]


_POWERLESS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


def _lock(path, mode: int) -> None:
    """Close a file or folder to the node: by its mode, and for root by its owner, too."""
    path.chmod(mode if os.geteuid() == 0 else 0)
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
