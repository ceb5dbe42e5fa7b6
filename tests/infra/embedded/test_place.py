"""Where data and sockets lie."""

import os
from pathlib import Path

import pytest

from revenge.core.errors import StartRefused
from revenge.infra.embedded import place
from revenge.infra.embedded.user import User

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_sockets_stand_in_the_data_directory_where_that_works(open_dir):
    assert place.runtime_dir(open_dir / "data", {}) == open_dir / "data" / "run"


def test_systemd_has_the_first_word(open_dir):
    assert place.runtime_dir(open_dir / "data", {"RUNTIME_DIRECTORY": "/run/revenge:/run/other"}) == Path("/run/revenge")


@pytest.mark.parametrize("name", ["x" * 90, "films, and more"])
def test_a_path_that_will_not_do_for_sockets_moves_them_elsewhere(open_dir, name):
    data = open_dir / name
    runtime = open_dir / "runtime"
    runtime.mkdir(mode=0o711)
    elsewhere = place.runtime_dir(data, {"XDG_RUNTIME_DIR": str(runtime)})
    assert elsewhere.parent == runtime
    assert elsewhere == place.runtime_dir(data, {"XDG_RUNTIME_DIR": str(runtime)})
    assert elsewhere != place.runtime_dir(open_dir / (name + "y"), {"XDG_RUNTIME_DIR": str(runtime)})


@as_root
def test_a_closed_way_to_the_data_moves_the_sockets_elsewhere(tmp_path):
    assert tmp_path not in place.runtime_dir(tmp_path / "data", {}).parents


def test_too_long_a_path_is_refused_with_its_limit():
    with pytest.raises(StartRefused, match=r"will not do for sockets \(\d+ bytes at most.*RUNTIME_DIRECTORY"):
        place.runtime_dir(Path("/tmp"), {"RUNTIME_DIRECTORY": "/tmp/" + "x" * 100})


def test_no_place_at_all_is_refused(open_dir, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StartRefused, match="too long or has a comma"):
        place.runtime_dir(open_dir / ("x" * 90), {})


def test_a_link_in_place_of_the_sockets_directory_is_refused(open_dir):
    (open_dir / "theirs").mkdir()
    (open_dir / "run").symlink_to(open_dir / "theirs")
    with pytest.raises(StartRefused, match="not to this node"):
        place.make_run(open_dir / "run")


@as_root
def test_a_strangers_sockets_directory_is_refused(open_dir):
    (open_dir / "run").mkdir()
    os.chown(open_dir / "run", 54321, 54321)
    with pytest.raises(StartRefused, match="belongs to user 54321"):
        place.make_run(open_dir / "run")


def test_a_file_in_the_way_is_named(open_dir):
    (open_dir / "file").write_text("")
    with pytest.raises(StartRefused, match=f"Cannot use {open_dir}/file/data: a file is in the way"):
        place.make_data(open_dir / "file" / "data")
    (open_dir / "postgres").write_text("")
    with pytest.raises(StartRefused, match="a file is in the way"):
        place.make_own(open_dir / "postgres", None)


@as_root
def test_the_way_to_new_directories_is_open_to_the_servers_whatever_the_umask(open_dir):
    before = os.umask(0o077)
    try:
        place.make_data(open_dir / "a" / "b")
    finally:
        os.umask(before)
    assert (open_dir / "a").stat().st_mode & 0o777 == 0o711
    assert (open_dir / "a" / "b").stat().st_mode & 0o777 == 0o711


@as_root
def test_what_root_restored_is_given_to_the_servers_user(open_dir):
    cache = open_dir / "cache"
    (cache / "appendonlydir").mkdir(parents=True)
    (cache / "appendonlydir" / "file").write_text("x")
    place.make_own(cache, User(54321, 54321))
    assert (cache / "appendonlydir" / "file").stat().st_uid == 54321
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_disk_that_knows_no_owners_is_explained(open_dir, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(StartRefused, match="cannot be given to user 54321"):
        place.make_own(open_dir / "cache", User(54321, 54321))


def test_empty_directories_are_left_behind_clean(open_dir):
    (open_dir / "run" / "postgres").mkdir(parents=True)
    place.leave(open_dir / "run" / "postgres", open_dir / "run")
    assert not (open_dir / "run").exists()
