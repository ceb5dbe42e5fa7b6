"""Starts that are refused, each with a sentence that says what to change; and servers that go away while the node runs."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from revenge.infra.embedded import postgres
from tests.fixtures.client import problem, until
from tests.fixtures.database import named
from tests.fixtures.media import tiny_video
from tests.fixtures.node import descendants
from tests.fixtures.people import SECRET
from tests.fixtures.servers import HASTE, running, short_directory

REFUSED, FAILED = 78, 1
"""Exit statuses: nothing changes by starting again, and it may."""


def one_sentence(said: str) -> str:
    """What a start said when it gave up: no trace, and a sentence at the end."""
    assert "Traceback" not in said, said
    last = said.strip().splitlines()[-1]
    assert last.endswith((".", "?")), said
    return last


def with_database(place, url: str) -> None:
    place.settings = {"REVENGE_DATABASE_URL": url, "REVENGE_AUTH_JWT_SECRET": SECRET, "REVENGE_ENCRYPTION_KEY": "cd" * 32}


def test_a_port_in_use_is_named_before_anything_is_made(a_place):
    with socket.create_server(("127.0.0.1", 0)) as other:
        a_place.settings = {"REVENGE_SERVER_PORT": str(other.getsockname()[1])}
        status, said = a_place.refused()
    assert (status, "in use" in one_sentence(said)) == (REFUSED, True), said
    assert not (a_place.data_dir / "postgres").exists()


def test_a_data_directory_that_is_a_file_is_named(a_place):
    a_place.data_dir.write_text("I am a file")
    status, said = a_place.refused()
    assert status == REFUSED
    assert str(a_place.data_dir) in one_sentence(said)


def test_a_second_node_on_the_same_data_is_refused_and_the_first_goes_on(node, a_place):
    a_place.data_dir = node.data_dir
    status, said = a_place.refused()
    assert (status, "belongs to a node that is running" in one_sentence(said)) == (REFUSED, True), said
    assert node.admin.get("/api/v1/users/me")["username"] == "anna"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REVENGE_SERVER_PROT", "8080", "REVENGE_SERVER_PORT"),
        ("REVENGE_DATABASE_URL", "mysql://localhost/revenge", "must be a PostgreSQL URL"),
        ("REVENGE_CLUSTER_ENABLED", "true", "cluster.enabled needs database.url and cache.url"),
    ],
)
def test_a_wrong_setting_is_named(a_place, name, value, words):
    with_database(a_place, value) if name == "REVENGE_DATABASE_URL" else a_place.settings.update({name: value})
    status, said = a_place.refused()
    assert (status, words in said) == (REFUSED, True), said
    one_sentence(said)


def test_a_shared_database_wants_the_secrets_that_are_shared(a_place, database_url):
    a_place.settings = {"REVENGE_DATABASE_URL": database_url}
    status, said = a_place.refused()
    assert status == REFUSED
    assert "REVENGE_AUTH_JWT_SECRET" in said
    assert "REVENGE_ENCRYPTION_KEY" in said
    one_sentence(said)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://revenge:hunter2@127.0.0.1:1/revenge", "127.0.0.1:1"),
        ("postgresql://revenge:hunter2@/revenge?host=/no/such/place", "/no/such/place"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(a_place, url, words):
    with_database(a_place, url)
    status, said = a_place.refused()
    assert status == FAILED  # it may be there the next time
    assert words in one_sentence(said)
    assert "database.url" in one_sentence(said)
    assert "hunter2" not in said


def test_a_database_that_does_not_exist_is_named(a_place, postgres_server):
    with_database(a_place, named(postgres_server, "no_such_database"))
    status, said = a_place.refused()
    assert (status, "no_such_database" in one_sentence(said)) == (FAILED, True), said


@contextmanager
def a_database(place: Path) -> Iterator[str]:
    with running(postgres.EmbeddedPostgres(place, place / "run", {**postgres.SETTINGS, **HASTE}).lifetime()) as url:
        yield url


def test_a_database_that_goes_away_is_told_and_comes_back_unnoticed(a_place, store, store_server, tmp_path):
    tiny_video(tmp_path / "Staying (2000).mp4")
    with short_directory() as place:
        with a_database(place) as url:
            with_database(a_place, url)
            a_place.settings["REVENGE_CACHE_URL"] = store_server
            node = a_place.start().set_up()
            library = node.admin.library("Films", tmp_path)
            node.admin.scan(library["id"])

        gone = until(lambda: (answer := node.admin.answer("GET", "/api/v1/movies")).status_code != 200 and answer)
        assert "database" in problem(gone, 503, "database_unavailable")
        assert int(gone.headers["Retry-After"]) > 0
        for method, path in (
            ("POST", f"/api/v1/libraries/{library['id']}/scan"),
            ("GET", "/api/v1/search?q=staying"),
            ("GET", "/api/v1/users/me"),
        ):
            answer = node.admin.answer(method, path)
            problem(answer, 503)
            assert int(answer.headers["Retry-After"]) > 0
        login = node.stranger().answer("POST", "/api/v1/auth/login", {"username": "anna", "password": "correct horse battery"})
        problem(login, 503)
        assert node.stranger().answer("GET", "/health/live").status_code == 200

        with a_database(place):
            back = until(lambda: (answer := node.admin.answer("GET", "/api/v1/movies")).status_code == 200 and answer)
            assert [movie["title"] for movie in back.json()["items"]] == ["Staying"]
            assert node.admin.scan(library["id"])["state"] == "completed"
            status, _ = node.terminate()
            assert status == 0


@pytest.mark.long
def test_a_node_without_its_database_says_within_half_a_minute_that_nobody_should_be_sent_there(a_place):
    with short_directory() as place:
        with a_database(place) as url:
            with_database(a_place, url)
            node = a_place.start().set_up()
            assert node.stranger().answer("GET", "/health/ready").status_code == 200
        ready = until(lambda: (answer := node.stranger().answer("GET", "/health/ready")).status_code == 503 and answer)
        assert int(ready.headers["Retry-After"]) > 0
        assert node.stranger().answer("GET", "/health/live").status_code == 200
        with a_database(place):
            until(lambda: node.stranger().answer("GET", "/health/ready").status_code == 200)
            node.stop()


def test_a_store_that_goes_away_stops_nobody_who_watches(a_place, shelf):
    """The embedded store is killed: it comes back by itself, and meanwhile nobody waits for it."""
    node = a_place.start().set_up()
    library = node.admin.library("Films", shelf["paths"][0]["path"])
    node.admin.scan(library["id"])
    session = node.admin.play(node.admin.movie("Metropolis"), agent="Chrome/150")
    os.kill(_pid_of(node.process.pid, "valkey"), 9)
    for _ in range(20):
        assert node.admin.get("/api/v1/users/me")["username"] == "anna"
        assert node.stranger().answer("GET", session["hls_url"]).status_code == 200
    assert node.admin.scan(library["id"])["state"] == "completed"
    node.stop()


def _pid_of(node: int, name: str) -> int:
    return next(pid for pid in descendants(node) if name in Path(f"/proc/{pid}/cmdline").read_text())


@contextmanager
def a_small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A disk of its own in this place."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", folder], check=False).returncode:
        pytest.skip("no mounting here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free; return what to remove."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 14))
        except OSError:
            return folder / "filler"


def test_a_data_directory_on_a_full_disk_is_named(a_place):
    with a_small_disk(a_place.data_dir, 1):
        fill(a_place.data_dir)
        status, said = a_place.refused()
    assert (status, str(a_place.data_dir) in one_sentence(said)) == (REFUSED, True), said
    assert "full" in said or "space" in said


def test_a_data_directory_on_a_read_only_disk_is_named(a_place):
    with a_small_disk(a_place.data_dir, 1):
        subprocess.run(["mount", "-o", "remount,ro", a_place.data_dir], check=True)
        status, said = a_place.refused()
    assert (status, str(a_place.data_dir) in one_sentence(said)) == (REFUSED, True), said
    assert "read-only" in said


def test_a_disk_that_fills_up_stops_what_needs_it_and_nothing_else(elsewhere, a_place, shelf):
    with a_small_disk(a_place.data_dir, 2):
        a_place.settings = elsewhere
        node = a_place.start().set_up()
        filler = fill(a_place.data_dir)
        library = node.admin.library("Films", shelf["paths"][0]["path"])
        assert node.admin.scan(library["id"])["state"] == "completed"
        session = node.admin.play(node.admin.movie("Metropolis"), agent="Chrome/150")
        assert node.stranger().answer("GET", session["direct_url"]).status_code == 200
        segment = session["hls_url"].replace("master.m3u8", "v0/0.m4s")
        full = node.stranger().answer("GET", segment)
        problem(full, 503)
        assert int(full.headers["Retry-After"]) > 0
        filler.unlink()
        until(lambda: node.stranger().answer("GET", segment).status_code == 200)
        node.stop()
