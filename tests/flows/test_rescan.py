"""What happens to films when their files change, move, vanish and come back."""

import os
import shutil
import time

import pytest

from tests.fixtures.client import problem, until
from tests.fixtures.media import tiny_video


def in_place(path, data: bytes) -> None:
    """Other bytes in the same file, as if nothing had happened: size, time and inode stay."""
    status = path.stat()
    assert len(data) == status.st_size
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_second_scan_looks_into_nothing_that_has_not_changed(own):
    for n in range(5):
        own.film(f"Film {n} (200{n}).mkv")
    (own.folder / "Broken (2010).mkv").write_bytes(b"no film at all")
    assert own.counts() == {"found": 6, "added": 5, "failed": 1}
    spoiled = own.folder / "Film 1 (2001).mkv"
    in_place(spoiled, b"x" * spoiled.stat().st_size)
    assert own.counts() == {"found": 6, "failed": 1}  # nobody looked inside, or there would be two
    assert len(own.titles) == 5


def test_a_changed_file_is_looked_into_again(own):
    path = own.film("Growing (1999).mp4")
    own.scan()
    before = own.movie("Growing")
    tiny_video(path, seconds=3)
    os.utime(path, (time.time() + 2, time.time() + 2))
    assert own.counts() == {"found": 1, "changed": 1}
    after = own.movie("Growing")
    assert after["id"] == before["id"]
    assert (before["files"][0]["duration_ms"], after["files"][0]["duration_ms"]) == (1000, 3000)
    assert after["files"][0]["size"] == path.stat().st_size


def test_a_broken_file_that_is_mended_becomes_a_film_and_one_that_breaks_is_no_longer_played(own):
    path = own.folder / "Mended (1980).mp4"
    path.write_bytes(b"half a download")
    assert own.counts() == {"found": 1, "failed": 1}
    assert own.titles == []
    tiny_video(path)
    assert own.counts() == {"found": 1, "changed": 1}
    assert own.titles == ["Mended"]
    path.write_bytes(b"broken again, and shorter")
    scan = own.scan()
    assert (scan["changed"], scan["failed"]) == (1, 1)
    assert str(path) in own.admin.errors(scan["id"])
    begun = own.admin.answer(
        "POST", "/api/v1/playback/sessions", {"item": {"kind": "movie", "id": own.admin.movies(library=own.id)[0]["id"]}}
    )
    problem(begun, 409, "file_not_ready")


@pytest.mark.parametrize("place", ["Moved (1999)/Moved (1999).mkv", "a/b/c/Moved.1999.1080p.mkv"])
def test_a_moved_file_stays_the_same_film_with_its_progress_and_is_not_looked_into(own, place):
    path = own.film("Moved (1999).mkv")
    own.scan()
    movie = own.movie("Moved")
    own.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})
    in_place(path, b"x" * path.stat().st_size)
    new = own.folder / place
    new.parent.mkdir(parents=True, exist_ok=True)
    path.rename(new)
    assert own.counts() == {"found": 1, "changed": 1}
    (again,) = own.admin.movies(library=own.id)
    assert (again["id"], again["progress"]["position_ms"]) == (movie["id"], 400)
    assert len(own.movie("Moved")["files"]) == 1


def test_a_whole_folder_may_be_renamed(own):
    for n in range(3):
        own.film(f"Old name/Film {n} (200{n}).mkv")
    own.scan()
    before = {movie["title"]: movie["id"] for movie in own.admin.movies(library=own.id)}
    (own.folder / "Old name").rename(own.folder / "Another name")
    assert own.counts() == {"found": 3, "changed": 3}
    assert {movie["title"]: movie["id"] for movie in own.admin.movies(library=own.id)} == before


def test_a_film_whose_file_gets_a_better_name_keeps_its_place_and_progress(own):
    path = own.film("Alein (1979).mkv")
    own.scan()
    movie = own.movie("Alein")
    own.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})
    path.rename(own.folder / "Alien (1979).mkv")
    own.scan()
    (again,) = own.admin.movies(library=own.id)
    assert (again["id"], again["title"], again["progress"]["position_ms"]) == (movie["id"], "Alien", 400)
    assert own.found("alien") == ["Alien"]


def test_two_files_that_were_taken_for_one_film_part_when_one_gets_another_name(own):
    own.film("Solaris (1972)/Solaris (1972) - 1080p.mkv")
    other = own.film("Solaris (1972)/Solaris (1972) - 720p.mkv")
    own.scan()
    assert len(own.movie("Solaris")["files"]) == 2
    (own.folder / "Stalker (1979)").mkdir()
    other.rename(own.folder / "Stalker (1979)/Stalker (1979).mkv")
    own.scan()
    assert own.titles == ["Solaris", "Stalker"]
    assert [len(own.movie(title)["files"]) for title in own.titles] == [1, 1]


def test_a_file_that_gets_the_name_of_another_film_joins_it(own):
    own.film("Solaris (1972)/Solaris (1972) - 1080p.mkv")
    other = own.film("Solraris (1972).mp4")
    own.scan()
    assert len(own.titles) == 2
    other.rename(own.folder / "Solaris (1972)/Solaris (1972) - 720p.mp4")
    own.scan()
    assert own.titles == ["Solaris"]
    assert len(own.movie("Solaris")["files"]) == 2


def test_what_a_person_set_stays_whatever_lies_beside_the_film(own):
    path = own.film("Wrongly Named (1990).mp4")
    own.scan()
    movie = own.movie("Wrongly Named")
    edited = own.admin.patch(f"/api/v1/movies/{movie['id']}", {"title": "Rightly Quibbled", "year": 1991})
    assert (edited["title"], edited["year"], edited["locked"]) == ("Rightly Quibbled", 1991, ["title", "year"])
    assert own.found("quibbled") == ["Rightly Quibbled"]
    path.with_suffix(".nfo").write_text("<movie><title>Wrong</title><year>1992</year><plot>A plot.</plot></movie>")
    assert own.counts() == {"found": 1}
    until(lambda: own.admin.get(f"/api/v1/movies/{movie['id']}")["overview"] == "A plot.")
    (again,) = own.admin.movies(library=own.id)
    assert (again["id"], again["title"], again["year"]) == (movie["id"], "Rightly Quibbled", 1991)


def test_what_the_nfo_says_comes_to_a_film_that_was_there_before_it(own):
    path = own.film("thx.dvdrip.mkv")
    own.scan()
    (movie,) = own.admin.movies(library=own.id)
    own.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})
    path.with_suffix(".nfo").write_text("<movie><title>THX 1138</title><year>1971</year></movie>")
    own.scan()
    (again,) = own.admin.movies(library=own.id)
    assert (again["id"], again["title"], again["year"], again["progress"]["position_ms"]) == (movie["id"], "THX 1138", 1971, 400)


def test_a_removed_file_takes_its_film_out_of_every_list_and_gives_it_back_with_all_it_had(own, tmp_path):
    path = own.film("Coming Back (1950).mkv")
    own.film("Staying (1951).mkv")
    own.scan()
    movie = own.movie("Coming Back")
    own.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})
    path.rename(tmp_path / "away.mkv")
    assert own.counts() == {"found": 1, "removed": 1}
    assert own.titles == ["Staying"]
    assert own.found("coming back") == []
    assert own.admin.get(f"/api/v1/libraries/{own.id}")["items"] == 1
    begun = {one["item"]["id"] for one in own.admin.get("/api/v1/playback/continue-watching")["items"]}
    assert movie["id"] not in begun
    assert own.counts() == {"found": 1}

    (tmp_path / "away.mkv").rename(path)
    assert own.counts() == {"found": 2, "added": 1}
    back = own.movie("Coming Back")
    assert (back["id"], back["progress"]["position_ms"]) == (movie["id"], 400)
    assert own.found("coming back") == ["Coming Back"]


@pytest.mark.parametrize("how", ["gone", "empty", "a file in its place"])
def test_a_vanished_disk_is_a_state_and_never_a_deletion(own, tmp_path, how):
    for n in range(3):
        own.film(f"Film {n} (200{n})/Film {n} (200{n}).mkv")
    own.scan()
    movie = own.movie("Film 1")
    own.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})

    away = tmp_path / "unplugged"
    own.folder.rename(away)
    if how == "empty":
        own.folder.mkdir()
    elif how != "gone":
        own.folder.write_text("no folder")
    scan = own.admin.scan(own.id)
    assert (scan["state"], scan["found"], scan["removed"], scan["failed"]) == ("failed", 0, 0, 1)
    assert "are kept" in own.admin.errors(scan["id"])[str(own.folder)]
    assert [path["available"] for path in own.admin.get(f"/api/v1/libraries/{own.id}")["paths"]] == [False]
    assert [(card["title"], card["available"]) for card in own.admin.movies(library=own.id)] == [(f"Film {n}", False) for n in range(3)]
    begun = own.admin.answer("POST", "/api/v1/playback/sessions", {"item": {"kind": "movie", "id": movie["id"]}})
    assert "cannot be seen" in problem(begun, 503, "file_unavailable")
    assert int(begun.headers["Retry-After"]) > 0

    if own.folder.is_dir():
        own.folder.rmdir()
    elif own.folder.exists():
        own.folder.unlink()
    away.rename(own.folder)
    assert own.counts() == {"found": 3}
    assert [card["available"] for card in own.admin.movies(library=own.id)] == [True] * 3
    back = own.movie("Film 1")
    assert (back["id"], back["progress"]["position_ms"], back["files"][0]["id"]) == (movie["id"], 400, movie["files"][0]["id"])
    assert own.admin.play(back)["duration_ms"] > 0


def test_one_of_two_disks_may_vanish_while_the_other_goes_on(own, tmp_path):
    own.film("Here (2001).mkv")
    other = tmp_path / "other"
    tiny_video(other / "There (2002).mkv")
    own.admin.patch(f"/api/v1/libraries/{own.id}", {"paths": [str(own.folder), str(other)]})
    assert own.counts() == {"found": 2, "added": 2}
    other.rename(tmp_path / "away")
    own.film("New (2003).mkv")
    scan = own.scan()
    assert (scan["found"], scan["added"], scan["removed"], scan["failed"]) == (2, 1, 0, 1)
    assert {card["title"]: card["available"] for card in own.admin.movies(library=own.id)} == {"Here": True, "New": True, "There": False}


def test_a_film_that_vanishes_between_two_scans_is_told_when_somebody_plays_it(own):
    path = own.film("Vanishing (1988).mp4")
    own.scan()
    session = own.admin.play(own.movie("Vanishing"), agent="Chrome/150")
    path.unlink()
    assert "cannot be seen" in problem(own.admin.answer("GET", session["direct_url"]), 503, "file_unavailable")


def test_a_folder_that_is_taken_out_of_a_library_takes_its_films_along(own, tmp_path):
    own.film("Here (2001).mkv")
    other = tmp_path / "other"
    tiny_video(other / "Nosferatu (1922).mkv")
    own.admin.patch(f"/api/v1/libraries/{own.id}", {"paths": [str(own.folder), str(other)]})
    own.scan()
    own.admin.patch(f"/api/v1/libraries/{own.id}", {"paths": [str(own.folder)]})
    assert own.titles == ["Here"]
    assert own.found("nosferatu") == []
    assert (other / "Nosferatu (1922).mkv").exists()


def test_a_removed_library_is_forgotten_and_its_files_stay(own):
    path = own.film("Forgotten (1960).mkv")
    own.scan()
    movie = until(lambda: (found := own.movie("Forgotten"))["poster"] and found)
    session = own.admin.play(movie)
    own.admin.put(f"/api/v1/movies/{movie['id']}/progress", {"position_ms": 400})
    own.admin.delete(f"/api/v1/libraries/{own.id}")
    problem(own.admin.answer("GET", f"/api/v1/libraries/{own.id}"), 404)
    problem(own.admin.answer("GET", f"/api/v1/movies/{movie['id']}"), 404)
    problem(own.admin.answer("GET", movie["poster"]["url"]), 404)
    assert own.admin.get("/api/v1/search", q="forgotten")["groups"] == []
    assert movie["id"] not in {one["item"]["id"] for one in own.admin.get("/api/v1/playback/continue-watching")["items"]}
    assert own.admin.answer("GET", session["hls_url"]).status_code in {401, 404}
    assert path.exists()
    again = own.admin.library("Remembered", own.folder)
    own.admin.delete(f"/api/v1/libraries/{again['id']}")


def test_a_second_request_joins_the_scan_that_runs_and_a_cancelled_one_is_taken_up_again(own):
    for n in range(120):
        own.film(f"Film {n:03} ({1900 + n})/Film {n:03} ({1900 + n}).mkv")
    first = own.admin.start_scan(own.id)
    assert own.admin.start_scan(own.id)["id"] == first["id"]
    cancelled = own.admin.post(f"/api/v1/scans/{first['id']}/cancel")
    assert (cancelled["id"], cancelled["state"]) == (first["id"], "cancelled")
    assert own.admin.post(f"/api/v1/scans/{first['id']}/cancel")["state"] == "cancelled"
    had = len(own.titles)
    assert had < 120
    second = own.scan()
    assert second["id"] != first["id"]
    assert len(own.titles) == 120
    scans = own.admin.all(f"/api/v1/libraries/{own.id}/scans")
    assert [(scan["id"], scan["state"]) for scan in scans] == [(second["id"], "completed"), (first["id"], "cancelled")]


def test_scans_may_be_cancelled_and_libraries_go_at_any_moment_of_a_scan(own):
    for n in range(60):
        own.film(f"Film {n:03} ({1900 + n}).mkv")
    for done in (0, 1, 10, 30):
        library = own.admin.library(f"Going at {done}", own.folder)
        scan = own.admin.start_scan(library["id"])
        until(lambda scan=scan, done=done: own.admin.get(f"/api/v1/scans/{scan['id']}")["done"] >= done, pause=0.005)
        assert own.admin.post(f"/api/v1/scans/{scan['id']}/cancel")["state"] in {"cancelled", "completed"}
        scan = own.admin.start_scan(library["id"])
        until(lambda scan=scan, done=done: own.admin.get(f"/api/v1/scans/{scan['id']}")["done"] >= done, pause=0.005)
        own.admin.delete(f"/api/v1/libraries/{library['id']}")
        problem(own.admin.answer("GET", f"/api/v1/scans/{scan['id']}"), 404)
    assert own.counts() == {"found": 60, "added": 60}


def test_names_that_are_no_text_and_folders_that_lead_in_circles_do_no_harm(own):
    own.film("Good (2000).mkv")
    (own.folder / "round and round").symlink_to(own.folder)
    bad = os.fsencode(str(own.folder)) + b"/Caf\xe9 (2001).mkv"
    shutil.copyfile(os.fsencode(str(own.folder / "Good (2000).mkv")), bad)
    os.mkfifo(own.folder / "Pipe (2002).mkv")
    (own.folder / "Dangling (2003).mkv").symlink_to("/nowhere")
    scan = own.scan()
    assert scan["found"] == 1
    assert list(own.admin.errors(scan["id"]).values()) == ["The name is not valid UTF-8; rename it."]
    assert own.titles == ["Good"]
