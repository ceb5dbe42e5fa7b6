"""Whom the servers run as."""

import os
import pwd

import pytest

from revenge.core.errors import StartRefused
from revenge.infra.embedded import user as users
from revenge.infra.embedded.user import User

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
STRANGER = User(54321, 54321)


def test_an_ordinary_user_runs_the_servers_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert users.service_user(tmp_path / "not there yet") is None
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid or 1)
    if tmp_path.stat().st_uid:
        assert users.service_user(tmp_path) is None


def test_data_of_somebody_else_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(StartRefused, match=rf"{tmp_path} belongs to {users.name(tmp_path.stat().st_uid)}, but the node runs as user 54321"):
        users.service_user(tmp_path)


def test_root_lends_the_servers_to_an_ordinary_user(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    chosen = users.service_user(tmp_path / "not there yet")
    assert chosen is not None
    assert pwd.getpwuid(chosen.uid).pw_name in {"revenge", "postgres", "nobody"}


def test_root_without_such_a_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(users, "_NAMES", ("no-such-user",))
    with pytest.raises(StartRefused, match="Run the node as an ordinary user"):
        users.service_user(tmp_path / "not there yet")


@as_root
def test_root_keeps_to_whoever_owns_the_data(tmp_path):
    os.chown(tmp_path, STRANGER.uid, STRANGER.gid)
    assert users.service_user(tmp_path) == STRANGER


def test_a_user_without_a_name_is_told_what_to_do():
    with pytest.raises(StartRefused, match=r"uid 54321, which has no name.*database\.url"):
        users.check_named(STRANGER)
    users.check_named(None)


def test_a_closed_directory_anywhere_on_the_path_is_noticed(open_dir):
    path = open_dir / "a" / "b" / "c"
    path.mkdir(parents=True)
    assert users.can_walk(path, STRANGER)
    assert users.can_walk(path / "not there yet", STRANGER)
    path.parent.chmod(0o700)
    assert not users.can_walk(path, STRANGER)
    assert users.can_walk(path, None)
    link = open_dir / "link"
    link.symlink_to(path)
    assert not users.can_walk(link, STRANGER)


def test_owner_and_group_pass_by_their_own_bits(open_dir):
    status = open_dir.stat()
    open_dir.chmod(0o701)
    assert not users.can_walk(open_dir, User(54321, status.st_gid))
    assert users.can_walk(open_dir, STRANGER)
    open_dir.chmod(0o610)
    assert users.can_walk(open_dir, User(54321, status.st_gid))
    assert not users.can_walk(open_dir, User(status.st_uid, 54321))
    open_dir.chmod(0o700)


@as_root
def test_a_program_below_a_closed_directory_cannot_be_run_by_another_user(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho program 1.0\n")
    program.chmod(0o755)
    assert users.runnable(program, None) == "program 1.0"
    assert users.runnable(program, STRANGER) is None
    assert users.runnable(tmp_path / "missing", None) is None


def test_who_may_not_change_the_user_is_told_so(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(users.subprocess, "check_output", refuse)
    with pytest.raises(StartRefused, match="may not become user 54321"):
        users.runnable(users.Path("/bin/true"), STRANGER)
