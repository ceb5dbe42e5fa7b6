"""Lists are held near the requests; whoever changes something, or comes back after somebody did, sees it in the very next answer."""


def shown(own) -> dict[str, dict]:
    return {movie["title"]: movie for movie in own.admin.movies(library=own.id)}


def test_a_list_tells_at_once_what_a_person_changed(own):
    own.film("Alien (1979).mp4")
    own.film("Brazil (1985).mp4")
    own.scan()
    alien = shown(own)["Alien"]["id"]

    own.admin.patch(f"/api/v1/movies/{alien}", {"title": "Alien: The First"})
    assert set(shown(own)) == {"Alien: The First", "Brazil"}

    own.admin.put(f"/api/v1/movies/{alien}/progress", {"position_ms": 400, "duration_ms": 1000})
    assert shown(own)["Alien: The First"]["progress"]["position_ms"] == 400
    own.admin.put(f"/api/v1/movies/{alien}/progress", {"watched": True})
    assert shown(own)["Alien: The First"]["progress"]["watched"]
    own.admin.delete(f"/api/v1/movies/{alien}/progress")
    assert shown(own)["Alien: The First"]["progress"] is None


def test_a_list_tells_where_a_player_is(own):
    own.film("Alien (1979).mp4")
    own.scan()
    alien = shown(own)["Alien"]["id"]
    session = own.admin.post("/api/v1/playback/sessions", {"item": {"kind": "movie", "id": alien}})
    for position in (100, 300, 500):
        own.admin.post(f"/api/v1/playback/sessions/{session['id']}/progress", {"position_ms": position, "state": "playing"})
        assert shown(own)["Alien"]["progress"]["position_ms"] == position


def test_a_list_tells_what_a_scan_found(own):
    first = own.film("Alien (1979).mp4")
    own.scan()
    assert set(shown(own)) == {"Alien"}
    own.film("Brazil (1985).mp4")
    own.scan()
    assert set(shown(own)) == {"Alien", "Brazil"}
    first.unlink()
    own.scan()
    assert set(shown(own)) == {"Brazil"}
    own.folder.rename(own.folder.with_name("away"))
    own.admin.scan(own.id)
    assert [movie["available"] for movie in shown(own).values()] == [False]
