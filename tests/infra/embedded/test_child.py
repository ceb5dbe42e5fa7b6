"""How a server is kept: started, watched, started again, stopped."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from loguru import logger

from revenge.core.errors import StartRefused
from revenge.infra.embedded import child as children
from revenge.infra.embedded import launch
from revenge.infra.embedded.child import Child
from revenge.infra.embedded.program import Program

GENTLE = ((signal.SIGINT, 5.0),)


@pytest.fixture
def said():
    lines = []
    sink = logger.add(lines.append, format="{level} {message}", level="DEBUG")
    yield lines
    logger.remove(sink)


def shell(script, directory, farewell=GENTLE):
    return Program("server", ("/bin/sh", "-c", script), directory, None, farewell, lambda _: "INFO")


def server(script, directory, farewell=GENTLE, prepared=None):
    """A server that is ready when it has made the file `ready` with its pid in it."""

    async def prepare():
        (directory / "ready").unlink(missing_ok=True)
        if prepared is not None:
            prepared.append(1)

    async def ready(pid):
        return (directory / "ready").exists() and (directory / "ready").read_text().strip() == str(pid)

    return Child(shell(f"echo hello; echo $$ > ready; {script}", directory, farewell), prepare, ready)


@asynccontextmanager
async def until(condition):
    """At the end of the block, wait for the condition."""
    yield
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_it_is_ready_when_the_block_begins_and_gone_when_it_ends(tmp_path, said):
    child = server("exec sleep 60", tmp_path)
    async with child.lifetime():
        pid = child.pid
        assert lives(pid)
        assert os.getsid(pid) == pid  # a signal to our group does not reach it
    assert not lives(pid)
    assert "INFO server: hello\n" in said


async def test_one_that_ends_at_once_refuses_the_start_with_its_last_words(tmp_path):
    async def never(_pid):
        return False

    async def nothing():
        pass

    child = Child(shell("echo 'FATAL:  the moon is full'; exit 3", tmp_path), nothing, never)
    with pytest.raises(StartRefused, match=f"server does not start on {tmp_path}: FATAL:  the moon is full"):
        async with child.lifetime():
            pass


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("PANIC:  could not write: No space left on device", "the disk that holds .* is full"),
        ("could not open: Read-only file system", "is on a read-only file system"),
        ("", "it said nothing"),
    ],
)
async def test_a_disk_that_refuses_is_told_in_a_sentence(tmp_path, words, sentence):
    with pytest.raises(StartRefused, match=sentence):
        await children.run(shell(f"echo '{words}'; exit 1", tmp_path))


async def test_a_program_that_is_missing_refuses_the_start(tmp_path):
    program = Program("server", ("/no/such/program",), tmp_path, None, GENTLE, lambda _: "INFO")
    with pytest.raises(StartRefused, match="/no/such/program"):
        await children.run(program)


async def test_a_directory_that_vanished_refuses_the_start(tmp_path):
    child = server("exec sleep 60", tmp_path / "gone")
    child.prepare = lambda: asyncio.sleep(0)
    with pytest.raises(StartRefused, match="gone"):
        async with child.lifetime():
            pass


async def test_a_crashed_one_is_started_again_prepared_anew(tmp_path, monkeypatch, said):
    monkeypatch.setattr(children, "_FIRST_DELAY", 0.01)
    prepared = []
    child = server("exec sleep 60", tmp_path, prepared=prepared)
    async with child.lifetime():
        first = child.pid
        async with until(lambda: child.pid != first and (tmp_path / "ready").exists()):
            os.kill(first, signal.SIGKILL)
        assert lives(child.pid)
        async with until(lambda: "INFO server is back\n" in said):
            pass
    assert len(prepared) == 2
    assert "ERROR server ended unasked (status -9) and is started again\n" in said


async def test_it_goes_on_trying_when_a_new_start_fails(tmp_path, monkeypatch, said):
    monkeypatch.setattr(children, "_FIRST_DELAY", 0.01)
    child = server("test -e broken && exit 1; exec sleep 60", tmp_path)
    child.program = shell(f"test -e broken && echo no && exit 1; {child.program.arguments[2]}", tmp_path)
    async with child.lifetime():
        (tmp_path / "broken").touch()
        first = child.pid
        async with until(lambda: len([line for line in said if "does not start" in line]) >= 2):
            os.kill(first, signal.SIGKILL)
        async with until(lambda: "INFO server is back\n" in said):
            (tmp_path / "broken").unlink()


async def test_one_that_does_not_listen_is_asked_ever_less_gently(tmp_path, said):
    child = server("trap '' INT QUIT; while :; do sleep 0.05; done", tmp_path, ((signal.SIGINT, 0.05), (signal.SIGQUIT, 0.05)))
    async with child.lifetime():
        pid = child.pid
    assert not lives(pid)
    assert any("did not end within 0 s of SIGINT" in line for line in said)
    assert any("did not end within 0 s of SIGQUIT" in line for line in said)


async def test_a_start_that_is_given_up_leaves_nothing_running(tmp_path):
    async def never(_pid):
        return False

    child = Child(shell("exec sleep 60", tmp_path), lambda: asyncio.sleep(0), never)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), child.lifetime():
            pass
    assert not lives(child.pid)


async def test_a_line_longer_than_any_buffer_comes_in_pieces(tmp_path, said):
    child = server("head -c 200000 /dev/zero | tr '\\0' x; echo; exec sleep 60", tmp_path)
    async with child.lifetime(), until(lambda: sum(line.count("x") for line in said) == 200000):
        pass


async def test_what_remains_of_a_killed_one_is_waited_for(tmp_path, said):
    """The lock belongs to all the server forked, so a new one never meets the old one's remains."""
    first = server("sleep 0.4 & exec sleep 60", tmp_path)
    async with first.lifetime():
        os.kill(first.pid, signal.SIGKILL)
        first._leaving = True
        began = time.monotonic()
        second = server("exec sleep 60", tmp_path)
        async with second.lifetime():
            assert time.monotonic() - began > 0.2


async def test_a_living_one_from_before_is_stopped_first(tmp_path, said):
    orphan = await children.spawn(shell("exec sleep 60", tmp_path), lock=True)
    lock = tmp_path.with_name(f"{tmp_path.name}.lock")
    async with until(lambda: lock.exists() and lock.read_text().strip() == str(orphan.pid) and name_of(orphan.pid) == "sleep"):
        pass
    child = server("exec sleep 60", tmp_path)
    child.program = Program("server", ("/bin/sleep", "60"), tmp_path, None, GENTLE, lambda _: "INFO")
    child.ready = lambda _pid: asyncio.sleep(0, result=True)
    async with child.lifetime():
        assert await orphan.wait() == -signal.SIGINT


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


async def test_one_that_will_not_go_refuses_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(children.leftover, "_PATIENCE", 0.1)
    orphan = await children.spawn(shell("trap '' INT; while :; do sleep 0.05; done", tmp_path), lock=True)
    lock = tmp_path.with_name(f"{tmp_path.name}.lock")
    async with until(lambda: lock.exists() and lock.read_text()):
        pass
    try:
        child = server("exec sleep 60", tmp_path)
        child.program = Program("server", ("/bin/other", "60"), tmp_path, None, GENTLE, lambda _: "INFO")
        with pytest.raises(StartRefused, match="still runs from before"):
            async with child.lifetime():
                pass
    finally:
        orphan.kill()
        await orphan.wait()


def test_it_dies_with_the_process_that_started_it(tmp_path):
    code = (
        "import asyncio, signal, sys\nfrom pathlib import Path\nfrom revenge.infra.embedded.child import spawn\n"
        "from revenge.infra.embedded.program import Program\n"
        "async def main():\n"
        "    program = Program('server', ('/bin/sleep', '60'), Path(sys.argv[1]), None, ((signal.SIGINT, 1.0),), str)\n"
        "    child = await spawn(program, lock=False)\n"
        "    while 'sleep' not in Path(f'/proc/{child.pid}/comm').read_text():\n        await asyncio.sleep(0.01)\n"
        "    print(child.pid, flush=True)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        pid = int(owner.stdout.readline())
        assert lives(pid)
        owner.kill()
        owner.wait()
    give_up = time.monotonic() + 5
    while lives(pid) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not lives(pid)


def test_a_launch_whose_parent_is_gone_does_not_run(monkeypatch, tmp_path):
    monkeypatch.setattr(launch.ctypes, "CDLL", lambda _: type("C", (), {"prctl": lambda *_: 0}))
    monkeypatch.setattr(launch.os, "umask", lambda _: 0o022)
    monkeypatch.setattr(launch.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as end:
        launch.main("1", "2", "-1", "-1", "", "/bin/true")
    assert end.value.code == 0


def test_a_launch_refuses_a_lock_that_is_held(tmp_path):
    command = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), "15", "-1", "-1", str(tmp_path / "lock")]
    with subprocess.Popen([*command, "/bin/sh", "-c", "echo up; exec sleep 60"], stdout=subprocess.PIPE) as first:
        first.stdout.readline()
        second = subprocess.run([*command, "/bin/true"], check=False)
        assert second.returncode == launch.LOCKED
        first.kill()


def test_a_launch_from_a_shells_background_still_hears_an_interrupt():
    command = [sys.executable, "-I", "-S", launch.__file__, "PARENT", "15", "-1", "-1", "", "/bin/sleep", "60"]
    deaf = f"import os,signal,sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.executable, {command!r})"
    with subprocess.Popen([sys.executable, "-c", deaf.replace("PARENT", str(os.getpid()))]) as server:
        give_up = time.monotonic() + 5
        while name_of(server.pid) != "sleep" and time.monotonic() < give_up:
            time.sleep(0.01)
        server.send_signal(signal.SIGINT)
        assert server.wait(5) == -signal.SIGINT


def test_a_launch_says_what_it_could_not_run():
    command = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), "15", "-1", "-1", "", "/no/such/program"]
    failed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert failed.stderr.startswith("FATAL:  cannot run /no/such/program")
