"""The PostgreSQL a node brings along."""

import asyncio
import os
import signal
import stat
import time
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from revenge.core.errors import StartRefused
from revenge.infra.embedded import binaries, place, postmaster
from revenge.infra.embedded import user as users
from revenge.infra.embedded.postgres import EmbeddedPostgres, level
from tests.infra.embedded.conftest import fill, make_read_only


def at(data_dir):
    return EmbeddedPostgres(data_dir, place.runtime_dir(data_dir))


async def ask(url, query, *arguments):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


def pid_of(server):
    return postmaster.read(server.directory).pid


async def test_a_first_start_makes_a_durable_database_and_the_next_one_finds_it(data_dir):
    server = at(data_dir)
    began = time.monotonic()
    async with server.lifetime() as url:
        assert time.monotonic() - began < 20
        assert await ask(url, "SHOW server_version_num") >= "180000"
        assert await ask(url, "SHOW fsync") == "on"
        assert await ask(url, "SHOW data_checksums") == "on"
        assert await ask(url, "SHOW listen_addresses") == ""
        assert await ask(url, "SELECT lower('ÄÖÜ')") == "äöü"
        await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            await ask(url, f"CREATE EXTENSION {extension}")
    began = time.monotonic()
    async with server.lifetime() as url:
        assert time.monotonic() - began < 5
        assert await ask(url, "SELECT answer FROM kept") == 42
    assert postmaster.read(server.directory) is None  # it was stopped in order


async def test_nobody_else_can_reach_it(data_dir):
    server = at(data_dir)
    async with server.lifetime():
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
        owner = Path(f"/proc/{pid_of(server)}").stat().st_uid
        assert owner == server.sockets.stat().st_uid
        assert owner != 0  # also when root starts it
    assert not server.sockets.exists()


async def test_a_path_with_spaces_and_signs_works_as_a_url(open_dir):
    data = open_dir / "Größe & Rest 100% ?#"
    async with at(data).lifetime() as url:
        assert await ask(url, "SELECT 1") == 1
        engine = create_async_engine(sqlalchemy.make_url(url).set(drivername="postgresql+asyncpg"))
        async with engine.connect() as connection:
            assert (await connection.execute(sqlalchemy.text("SELECT 1"))).scalar_one() == 1
        await engine.dispose()


async def test_an_interrupted_first_start_is_begun_again(data_dir):
    draft = data_dir / "postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    async with at(data_dir).lifetime() as url:
        assert await ask(url, "SELECT 1") == 1
    assert not draft.exists()


async def test_data_of_another_version_are_refused(open_dir):
    server = at(open_dir)
    server.directory.mkdir()
    (server.directory / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartRefused, match=rf"{server.directory} was written by PostgreSQL 17.*brings 18.*database\.url"):
        async with server.lifetime():
            pass


async def test_what_is_no_database_is_left_alone(open_dir):
    server = at(open_dir)
    server.directory.mkdir()
    (server.directory / "holiday.mkv").write_text("film")
    with pytest.raises(StartRefused, match="holds something that is no PostgreSQL data"):
        async with server.lifetime():
            pass
    assert (server.directory / "holiday.mkv").read_text() == "film"


async def test_the_number_of_a_killed_server_may_belong_to_a_stranger(data_dir):
    """Numbers come again soon in a container that was restarted."""
    server = at(data_dir)
    async with server.lifetime():
        pass
    stranger = await asyncio.create_subprocess_exec("/bin/sleep", "60", **as_servers_user(server))
    left = server.directory / "postmaster.pid"
    left.write_text(f"{stranger.pid}\n{server.directory}\n{int(time.time())}\n5432\n{server.sockets}\n\n  1 1\nready   \n")
    os.chown(left, server.directory.stat().st_uid, -1)
    try:
        async with server.lifetime() as url:
            assert await ask(url, "SELECT 1") == 1
    finally:
        assert stranger.returncode is None
        stranger.kill()
        await stranger.wait()


def as_servers_user(server):
    user = users.service_user(server.directory)
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


async def test_a_server_that_was_started_by_hand_is_stopped_first(data_dir):
    server = at(data_dir)
    async with server.lifetime():
        pass
    user = users.service_user(server.directory)
    program = binaries.program(binaries.POSTGRES, user, data_dir, server.runtime_dir)
    place.make_run(server.runtime_dir)
    place.make_own(server.sockets, user)
    command = [program, "-D", place.within(server.directory, user), "-k", server.sockets, "-c", "listen_addresses="]
    by_hand = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=server.directory, stderr=asyncio.subprocess.DEVNULL, **as_servers_user(server)
    )
    async with asyncio.timeout(10):
        while not ((found := postmaster.read(server.directory)) and found.ready):
            await asyncio.sleep(0.01)
    async with server.lifetime() as url:
        assert await ask(url, "SELECT 1") == 1
        assert await by_hand.wait() == 0


async def test_clients_that_stay_do_not_hold_up_the_end(data_dir):
    async with at(data_dir).lifetime() as url:
        staying = await asyncpg.connect(url)
        sleeping = asyncio.create_task(staying.execute("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.05)
        began = time.monotonic()
    assert time.monotonic() - began < 20  # a gentler end would wait for the minute
    with pytest.raises((asyncpg.PostgresError, asyncpg.InternalClientError, OSError)):
        await sleeping


async def test_a_killed_server_comes_back_for_the_same_url(data_dir):
    server = at(data_dir)
    async with server.lifetime() as url:
        await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(pid_of(server), signal.SIGKILL)
        async with asyncio.timeout(15):
            while True:
                try:
                    assert await ask(url, "SELECT answer FROM kept") == 42
                    break
                except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError):
                    await asyncio.sleep(0.05)


async def test_too_little_room_for_a_database_is_told_before_it_is_begun(small_disk):
    with pytest.raises(StartRefused, match=r"the disk is full \(\d+ MB are free, a new database needs 128\)"):
        async with at(small_disk / "data").lifetime():
            pass
    assert not (small_disk / "data" / "postgres.new").exists()


async def test_a_disk_that_filled_up_since_is_told(small_disk, monkeypatch):
    monkeypatch.setattr("revenge.infra.embedded.initdb._FIRST_NEED", 0)
    server = at(small_disk / "data")
    async with server.lifetime():
        pass
    fill(small_disk)
    with pytest.raises(StartRefused, match=r"the disk that holds .* is full"):
        async with server.lifetime():
            pass


async def test_a_disk_that_became_read_only_is_told(small_disk, monkeypatch):
    monkeypatch.setattr("revenge.infra.embedded.initdb._FIRST_NEED", 0)
    server = EmbeddedPostgres(small_disk / "data", small_disk.parent / "run")
    async with server.lifetime():
        pass
    make_read_only(small_disk)
    with pytest.raises(StartRefused, match=r"read-only"):
        async with server.lifetime():
            pass


def test_only_what_needs_attention_stands_out_in_the_log():
    assert level("LOG:  database system is ready to accept connections") == "DEBUG"
    assert level("ERROR:  duplicate key value violates unique constraint") == "DEBUG"
    assert level("WARNING:  out of shared memory") == "WARNING"
    assert level("PANIC:  could not write to file") == "ERROR"
