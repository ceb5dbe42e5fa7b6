"""From a scanned folder to a film that goes on where one was, over HTTP, as any program would do it."""

import itertools

import pytest

from tests.fixtures.client import CHROMIUM, problem
from tests.fixtures.folder import BROKEN, FILES, TITLES
from tests.fixtures.media import tiny_video

BROWSER = {
    "Metropolis (1927).mp4": ("direct", set()),
    "Blade Runner (1982) - Director's Cut.mp4": ("direct", set()),
    "Blade Runner (1982) - Final Cut.mkv": ("remux", {("container_unsupported", "container")}),
    'It\'s "Quoted" (1999).mp4': ("direct", set()),
    "Ärger im Paradies 😀 (2001).mp4": ("direct", set()),
    "The Third Man (1949).mkv": ("transcode", {("container_unsupported", "container"), ("audio_codec_unsupported", "audio")}),
    "Nosferatu.1922.1080p.WEB-DL.x265-GRP.mkv": (
        "transcode",
        {("container_unsupported", "container"), ("video_codec_unsupported", "video")},
    ),
    "Der müde Tod (1921).ts": (
        "transcode",
        {("container_unsupported", "container"), ("video_codec_unsupported", "video"), ("audio_codec_unsupported", "audio")},
    ),
}
"""How each file reaches Chromium, and why."""


def test_a_folder_of_films_becomes_a_shelf(node, shelf):
    scan = shelf["scan"]
    assert (scan["found"], scan["added"], scan["failed"], scan["changed"], scan["removed"]) == (FILES + 3, FILES, 3, 0, 0)
    assert {movie["title"] for movie in node.admin.movies(library=shelf["id"])} == TITLES
    assert shelf["items"] == len(TITLES)
    assert [(path["path"], path["available"]) for path in shelf["paths"]] == [(str(node.folder), True)]


def test_what_cannot_be_read_is_listed_with_its_reason_and_stops_nothing(node, shelf):
    errors = {path.removeprefix(f"{node.folder}/"): reason for path, reason in node.admin.errors(shelf["scan"]["id"]).items()}
    assert errors.keys() == BROKEN
    assert "cut off" in errors["Half (2003).mp4"]
    assert "empty" in errors["Empty (2000).mkv"]
    assert "no media file" in errors["Letter (2000).mkv"]


def test_films_come_in_every_order_whole_and_page_by_page(node, shelf):
    years = {movie["title"]: movie["year"] for movie in node.admin.movies(library=shelf["id"])}
    for sort in ("title", "-title", "year", "-year", "added_at", "-added_at"):
        whole = [movie["id"] for movie in node.admin.get("/api/v1/movies", library=shelf["id"], sort=sort)["items"]]
        assert len(whole) == len(TITLES)
        pages = list(node.admin.pages("/api/v1/movies", library=shelf["id"], sort=sort, limit=3))
        assert [len(page) for page in pages] == [3, 3, 1]
        assert [movie["id"] for page in pages for movie in page] == whole
        offset = node.admin.get("/api/v1/movies", library=shelf["id"], sort=sort, limit=2, offset=4)["items"]
        assert [movie["id"] for movie in offset] == whole[4:6]
    by_year = [movie["year"] for movie in node.admin.movies(library=shelf["id"], sort="-year")]
    assert by_year == sorted(years.values(), reverse=True)


def test_short_lists_have_pages_too(node, shelf, tmp_path):
    other = node.admin.library("Another shelf", tmp_path)
    node.login()
    try:
        for path in ("/api/v1/libraries", "/api/v1/sessions", f"/api/v1/scans/{shelf['scan']['id']}/errors"):
            whole = node.admin.get(path)
            assert whole["next"] is None
            assert len(whole["items"]) > 1
            pages = list(node.admin.pages(path, limit=1))
            assert [len(page) for page in pages] == [1] * len(whole["items"])
            assert [_id(page[0]) for page in pages] == [_id(item) for item in whole["items"]]
    finally:
        node.admin.delete(f"/api/v1/libraries/{other['id']}")


def _id(item):
    return item.get("id") or item["path"]


def test_articles_and_accents_do_not_decide_where_a_film_stands(node, shelf):
    assert [movie["title"] for movie in node.admin.movies(library=shelf["id"], sort="title")] == [
        "Ärger im Paradies 😀",
        "Blade Runner",
        'It\'s "Quoted"',
        "Metropolis",
        "Der müde Tod",
        "Nosferatu",
        "The Third Man",
    ]


def test_a_films_page_has_its_story_its_makers_and_its_tracks(node, shelf):
    told = node.admin.movie("Metropolis", library=shelf["id"])
    assert told["year"] == 1927
    assert told["overview"].startswith("A city of two levels")
    assert {"name": "Fritz Lang", "job": "director"} in told["people"]
    assert told["genres"] == ["Science Fiction"]

    (file,) = node.admin.movie("The Third Man", library=shelf["id"])["files"]
    assert (file["container"], file["duration_ms"]) == ("matroska", 12000)
    assert file["size"] == (node.folder / "The Third Man (1949)/The Third Man (1949).mkv").stat().st_size
    assert (file["video"]["codec"], file["video"]["width"], file["video"]["height"]) == ("h264", 320, 180)
    assert [(track["codec"], track["channels"], track["language"]) for track in file["audio"]] == [("ac3", 6, "eng"), ("ac3", 2, "ger")]
    assert [(track["codec"], track["language"]) for track in file["subtitles"]] == [("subrip", "eng"), ("ass", "ger")]


def test_two_editions_are_one_film_and_extras_are_none(node, shelf):
    film = node.admin.movie("Blade Runner", library=shelf["id"])
    assert sorted(file["edition"] for file in film["files"]) == ["Director's Cut", "Final Cut"]
    assert len(node.admin.movie("Metropolis", library=shelf["id"])["files"]) == 1


def test_every_film_has_a_picture_in_every_width(node, shelf):
    stranger = node.stranger()
    for movie in node.admin.movies(library=shelf["id"]):
        url = movie["poster"]["url"]
        assert len(movie["poster"]["blurhash"]) > 6
        sizes = []
        for width in (180, 342, 780, 1280):
            picture = stranger.answer("GET", f"{url.rpartition('/')[0]}/{width}.webp")
            assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
            assert picture.headers["Cache-Control"].startswith("private")
            assert picture.content[:4] + picture.content[8:12] == b"RIFFWEBP"
            sizes.append(len(picture.content))
        again = stranger.answer("GET", url, headers={"If-None-Match": stranger.answer("GET", url).headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("metropo", "Metropolis"),
        ("METROPOLIS", "Metropolis"),
        ("blad runer", "Blade Runner"),
        ("mude tod", "Der müde Tod"),
        ("müde", "Der müde Tod"),
        ("arger", "Ärger im Paradies 😀"),
        ("quoted", 'It\'s "Quoted"'),
        ("fritz lang", "Metropolis"),
        ("third man the", "The Third Man"),
    ],
)
def test_films_are_found_by_unfinished_misspelled_and_unaccented_words(node, shelf, words, title):
    (group,) = node.admin.get("/api/v1/search", q=words)["groups"]
    assert group["kind"] == "movie"
    assert group["items"][0]["title"] == title
    assert group["total"] >= 1


@pytest.mark.parametrize("words", ["zzyzzx", "%", "'", "\\", "!!!", "a' or 1=1 --", "😀😀😀", "&|!():*"])
def test_what_is_nowhere_is_not_found_and_odd_signs_harm_nothing(node, shelf, words):
    groups = node.admin.get("/api/v1/search", q=words)["groups"]
    assert [item["title"] for group in groups for item in group["items"] if words == "zzyzzx"] == []


def test_each_file_reaches_a_browser_in_its_own_way_and_says_why(node, shelf):
    ways = {}
    for movie in node.admin.movies(library=shelf["id"]):
        for file in node.admin.get(f"/api/v1/movies/{movie['id']}")["files"]:
            session = node.admin.play(movie, agent=CHROMIUM, file_id=file["id"])
            assert session["duration_ms"] == file["duration_ms"]
            assert (session["direct_url"] is not None) == (session["method"] == "direct")
            ways[file["name"]] = (session["method"], {(reason["code"], reason["stream"]) for reason in session["reasons"]})
            assert all(reason["text"].endswith(".") for reason in session["reasons"])
            node.admin.delete(f"/api/v1/playback/sessions/{session['id']}")
    assert ways == BROWSER


def test_a_player_that_knows_everything_gets_every_file_as_it_is(node, shelf):
    for movie in node.admin.movies(library=shelf["id"]):
        session = node.admin.play(movie, agent="VLC/3.0.21 LibVLC/3.0.21")
        assert (session["method"], session["reasons"]) == ("direct", [])


def test_what_a_client_says_of_itself_wins_over_its_profile(node, shelf):
    movie = node.admin.movie("Nosferatu", library=shelf["id"])
    able = {"profile": "chromium", "containers": ["mp4", "matroska"], "video_codecs": ["hevc", "h264"]}
    assert node.admin.play(movie, client=able)["method"] == "direct"
    small = node.admin.play(movie, client={**able, "max_height": 144})
    assert small["method"] == "transcode"
    assert [reason["code"] for reason in small["reasons"]] == ["video_too_large"]


def test_direct_play_sends_the_files_own_bytes_in_ranges(node, shelf):
    original = (node.folder / "Metropolis (1927)/Metropolis (1927).mp4").read_bytes()
    session = node.admin.play(node.admin.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)
    player, url = node.stranger(CHROMIUM), session["direct_url"]
    whole = player.answer("GET", url)
    assert (whole.status_code, whole.headers["Content-Type"], whole.headers["Accept-Ranges"]) == (200, "video/mp4", "bytes")
    assert whole.content == original
    part = player.answer("GET", url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.headers["Content-Range"]) == (206, f"bytes 1000-1999/{len(original)}")
    assert part.content == original[1000:2000]
    assert player.answer("GET", url, headers={"Range": "bytes=-500"}).content == original[-500:]
    seek = player.answer("GET", url, headers={"Range": "bytes=200000-", "If-Range": whole.headers["ETag"]})
    assert (seek.status_code, seek.content) == (206, original[200000:])
    assert player.answer("GET", url, headers={"Range": "bytes=200000-", "If-Range": '"another"'}).status_code == 200
    assert player.answer("GET", url, headers={"Range": f"bytes={len(original)}-"}).status_code == 416
    assert player.answer("HEAD", url).headers["Content-Length"] == str(len(original))


def test_a_file_can_be_kept_with_its_name(node, shelf):
    film = node.admin.movie("Ärger im Paradies 😀", library=shelf["id"])
    original = (node.folder / "Ärger im Paradies 😀 (2001).mp4").read_bytes()
    for way in ("download", "sync"):
        kept = node.admin.answer("GET", f"/api/v1/files/{film['files'][0]['id']}/{way}")
        assert kept.content == original
        assert "filename*=UTF-8''%C3%84rger%20im%20Paradies%20%F0%9F%98%80%20%282001%29.mp4" in kept.headers["Content-Disposition"]


def test_subtitles_in_the_film_and_beside_it_come_as_webvtt(node, shelf):
    player = node.stranger(CHROMIUM)
    inside = node.admin.play(node.admin.movie("The Third Man", library=shelf["id"]), agent=CHROMIUM)["subtitles"]
    assert [(track["language"], track["format"]) for track in inside] == [("eng", "webvtt"), ("ger", "webvtt")]
    english, german = (player.answer("GET", track["url"]) for track in inside)
    assert english.headers["Content-Type"].startswith("text/vtt")
    assert english.text.startswith("WEBVTT")
    assert "Good evening." in english.text
    assert "Freunde" in german.text
    (beside,) = node.admin.play(node.admin.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)["subtitles"]
    assert beside["language"] == "de"
    assert "Grüße an alle" in player.answer("GET", beside["url"]).text


def test_a_film_goes_on_where_one_was(node, shelf):
    admin = node.admin
    movie = admin.movie("The Third Man", library=shelf["id"])
    session = admin.play(movie, agent=CHROMIUM)
    path = f"/api/v1/playback/sessions/{session['id']}"
    assert session["resume_ms"] == 0
    assert admin.answer("POST", f"{path}/progress", {"position_ms": 4000, "state": "playing"}).status_code == 204
    assert admin.answer("POST", f"{path}/progress", {"position_ms": 5000, "state": "paused"}).status_code == 204

    (going,) = (one for one in admin.get("/api/v1/playback/continue-watching")["items"] if one["item"]["id"] == movie["id"])
    assert (going["title"], going["position_ms"], going["duration_ms"]) == ("The Third Man", 5000, 12000)
    (card,) = (one for one in admin.movies(library=shelf["id"]) if one["id"] == movie["id"])
    assert card["progress"] == {"position_ms": 5000, "duration_ms": 12000, "watched": False}
    assert admin.get(path)["resume_ms"] == 5000
    assert admin.play(movie, agent=CHROMIUM)["resume_ms"] == 5000
    assert admin.play(movie, agent=CHROMIUM, start_ms=1000)["resume_ms"] == 1000

    admin.delete(f"/api/v1/movies/{movie['id']}/progress")
    assert admin.play(movie, agent=CHROMIUM)["resume_ms"] == 0


def test_an_older_report_and_a_bare_zero_change_nothing(node, shelf):
    admin = node.admin
    movie = admin.movie("Metropolis", library=shelf["id"])
    path = f"/api/v1/playback/sessions/{admin.play(movie, agent=CHROMIUM)['id']}/progress"
    admin.post(path, {"position_ms": 6000, "state": "playing"})
    late = admin.answer("POST", path, {"position_ms": 2000, "state": "playing", "at": "2020-01-01T00:00:00Z", "device_id": "tv"})
    assert (late.status_code, late.json()) == (200, {"position_ms": 6000})
    zero = admin.answer("POST", path, {"position_ms": 0, "state": "stopped"})
    assert (zero.status_code, zero.json()) == (200, {"position_ms": 6000})
    assert admin.play(movie, agent=CHROMIUM)["resume_ms"] == 6000
    admin.delete(f"/api/v1/movies/{movie['id']}/progress")


def test_a_film_seen_to_its_end_begins_anew_and_is_marked(node, shelf):
    admin = node.admin
    movie = admin.movie("Nosferatu", library=shelf["id"])
    session = admin.play(movie, agent=CHROMIUM)
    admin.post(f"/api/v1/playback/sessions/{session['id']}/progress", {"position_ms": session["duration_ms"], "state": "stopped"})
    assert admin.get(f"/api/v1/movies/{movie['id']}")["progress"]["watched"] is True
    assert movie["id"] not in {one["item"]["id"] for one in admin.get("/api/v1/playback/continue-watching")["items"]}
    assert admin.play(movie, agent=CHROMIUM)["resume_ms"] == 0
    assert admin.put(f"/api/v1/movies/{movie['id']}/progress", {"watched": False})["watched"] is False
    admin.delete(f"/api/v1/movies/{movie['id']}/progress")


def test_a_viewing_that_was_ended_opens_nothing_any_more(node, shelf):
    session = node.admin.play(node.admin.movie("Metropolis", library=shelf["id"]), agent=CHROMIUM)
    assert session["id"] in {one["id"] for one in node.admin.get("/api/v1/playback/sessions")["items"]}
    node.admin.delete(f"/api/v1/playback/sessions/{session['id']}")
    assert session["id"] not in {one["id"] for one in node.admin.get("/api/v1/playback/sessions")["items"]}
    problem(node.stranger().answer("GET", session["direct_url"]), 401, "viewing_ended")
    problem(node.admin.answer("GET", f"/api/v1/playback/sessions/{session['id']}"), 404)


def test_who_signs_out_is_refused_at_once_and_so_is_every_ticket(node, shelf):
    phone = node.login()
    movie = phone.movie("Metropolis", library=shelf["id"])
    session = phone.play(movie, agent=CHROMIUM)
    player = node.stranger()
    tickets = [session["direct_url"], session["hls_url"], session["subtitles"][0]["url"], movie["poster"]["url"]]
    tickets += [f"{session['hls_url'].rpartition('/')[0]}/v0/0.m4s"]
    assert [player.answer("GET", url).status_code for url in tickets] == [200] * len(tickets)

    assert phone.answer("POST", "/api/v1/auth/logout").status_code == 204
    problem(phone.answer("GET", "/api/v1/users/me"), 401)
    for url in tickets:
        problem(player.answer("GET", url), 401)
    problem(player.answer("POST", "/api/v1/auth/refresh", {"refresh_token": phone.tokens["refresh_token"]}), 401)
    assert node.admin.get("/api/v1/users/me")["username"] == "anna"  # the other device stays signed in


def test_a_scan_is_seen_live_and_a_listener_may_resume(node, tmp_path):
    films = {f"Film {n} ({1900 + n})" for n in range(100)}
    for film in films:
        tiny_video(tmp_path / film / f"{film}.mp4")
    library = node.admin.library("Seen live", tmp_path)
    try:
        with node.admin.events() as events:
            scan = node.admin.start_scan(library["id"])
            heard = list(_until_ended(events, scan["id"]))
        progress = [data for _, topic, data in heard if topic == "scan.progress"]
        assert progress[-1]["state"] == "completed"
        assert (progress[-1]["found"], progress[-1]["added"], progress[-1]["done"]) == (100, 100, 100)
        assert all(a["done"] <= b["done"] for a, b in itertools.pairwise(progress))
        assert len({data["done"] for data in progress}) > 2
        added = [data for _, topic, data in heard if topic == "library.new_item"]
        assert {data["title"] for data in added} == {film.partition(" (")[0] for film in films}

        half = next(id for id, topic, data in heard if topic == "scan.progress" and data["done"] > 0)
        with node.admin.events(last_id=half) as events:
            again = list(_until_ended(events, scan["id"]))
        ids = [id for id, _, _ in heard]
        assert [id for id, topic, _ in again if topic != "ready"] == ids[ids.index(half) + 1 :]
    finally:
        node.admin.delete(f"/api/v1/libraries/{library['id']}")


def _until_ended(events, scan_id):
    """What is heard until the scan has ended; the feed's own words and other libraries' news are left out."""
    for id, topic, data in events:
        if topic in {"scan.progress", "library.new_item"}:
            yield id, topic, data
        if topic == "scan.progress" and data["scan_id"] == scan_id and data["state"] in {"completed", "failed", "cancelled"}:
            return
