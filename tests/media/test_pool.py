"""The pool of media children: what one call does to itself it does to nobody else."""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.media.child.serve import resolve
from revenge.media.errors import MediaError
from revenge.media.limits import Limits
from revenge.media.pool import Pool
from revenge.media.pools import media_pool
from revenge.media.syscalls import filter_program

NOTHING = "revenge.media.child.serve:nothing"
READ = "revenge.media.child.facts:read"


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("test", size=1, limits=Limits(answer=1 << 16)).lifetime() as opened:
        yield opened


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while alive(pid):
            await asyncio.sleep(0.01)


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def child_of(pool: Pool) -> int:
    return next(iter(pool._busy)).pid if pool._busy else pool._idle[0][0].pid


@pytest.fixture
def silence():
    """A descriptor that never tells anything: reading it takes for ever."""
    reader, writer = os.pipe()
    yield reader
    os.close(reader)
    os.close(writer)


def stuck(pool: Pool, silence: int, **options) -> asyncio.Task:
    """A call that waits for a file that never comes, and keeps its child busy."""
    return asyncio.create_task(pool.run("revenge.media.child.trial:drain", fds=[silence], **options))


async def test_no_child_runs_before_there_is_work(pool):
    assert pool.children == 0
    await pool.run(NOTHING)
    assert pool.children == 1


async def test_a_child_holds_every_lock_and_nothing_escapes():
    async with media_pool(1).lifetime() as pool:
        assert await pool.run("revenge.media.child.trial:escapes", result=list[str]) == []
        assert {"landlock", "seccomp", "limits", "network", "no_new_privileges"} <= set(pool.locks)
        assert pool.locks["limits"] == "on"
        assert Path(f"/proc/{child_of(pool)}/environ").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become a real-time process, and only root's AV1 encoder does")
async def test_a_child_of_a_real_time_node_takes_turns_like_everybody(pool):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pytest.skip("this container's root may not become real-time either")
    try:
        await pool.run(NOTHING)
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    assert {os.sched_getscheduler(int(task.name)) for task in Path(f"/proc/{child_of(pool)}/task").iterdir()} == {os.SCHED_OTHER}


LOCKS = """
import asyncio, json
from revenge.media.pictures import POOL_ENVIRONMENT, POOL_PRELOAD, POOL_WARM
from revenge.media.pool import Pool
async def main():
    async with Pool("image", preload=POOL_PRELOAD, warm=POOL_WARM, environment=POOL_ENVIRONMENT).lifetime() as pool:
        escapes = await pool.run("revenge.media.child.trial:escapes", result=list[str])
        print(json.dumps([pool.locks, escapes]))
asyncio.run(main())
"""


def test_image_children_leave_the_network_without_root_too():
    """libvips starts threads when it is warmed, and only a process of one thread may leave without root."""
    as_somebody = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*as_somebody, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a user namespace")
    told = subprocess.run([*as_somebody, sys.executable, "-c", LOCKS], capture_output=True, check=True, cwd=Path(__file__).parents[2])
    locks, escapes = json.loads(told.stdout)
    assert (locks["network"], locks["nobody"], escapes) == ("on", "not needed", [])


async def test_a_child_knows_none_of_the_nodes_secrets(pool, monkeypatch):
    monkeypatch.setenv("REVENGE_JWT_SECRET", "hush")
    await pool.run(NOTHING)
    assert b"hush" not in Path(f"/proc/{child_of(pool)}/environ").read_bytes()


async def test_a_media_child_stays_small():
    async with media_pool(1).lifetime() as pool:
        await pool.warm()
        assert pool._idle[0][0].resident() < 70 << 20


async def test_a_crash_is_an_error_of_that_call_alone(pool, silence):
    call = stuck(pool, silence)
    await until(lambda: pool._busy)
    first = child_of(pool)
    os.kill(first, signal.SIGSEGV)
    with pytest.raises(MediaError, match="SIGSEGV") as caught:
        await call
    assert caught.value.cause == "crashed"
    await pool.run(NOTHING)
    assert child_of(pool) != first


async def test_a_call_that_takes_too_long_is_stopped(pool, silence):
    with pytest.raises(MediaError, match="longer than") as caught:
        await pool.run("revenge.media.child.trial:drain", fds=[silence], timeout=0.3)
    assert caught.value.cause == "timeout"
    await pool.run(NOTHING)


async def test_cancelling_a_call_stops_its_child(pool, silence):
    call = stuck(pool, silence)
    await until(lambda: pool._busy)
    pid = child_of(pool)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await gone(pid)
    await pool.run(NOTHING)


async def test_an_answer_that_is_too_long_is_refused(pool):
    with pytest.raises(MediaError):
        await pool.run("revenge.media.child.trial:echo", b"x" * (1 << 17), result=bytes)
    assert await pool.run("revenge.media.child.trial:echo", b"x" * 1000, result=bytes) == b"x" * 1000


async def test_an_answer_of_another_kind_than_promised_is_an_error(pool):
    with pytest.raises(MediaError, match="nonsense"):
        await pool.run("revenge.media.child.trial:echo", b"bytes", result=list[int])


async def test_arguments_and_answers_of_megabytes_pass():
    async with Pool("test").lifetime() as pool:
        load = os.urandom(8 << 20)
        assert await pool.run("revenge.media.child.trial:echo", load, result=bytes) == load


async def test_only_functions_of_the_media_room_can_be_called(pool):
    for name in ("os:system", "revenge.core.ids:ItemRef", "revenge.media.child.serve:_hidden", "revenge.media.child.serve:os"):
        with pytest.raises(MediaError, match="not a function of the media room"):
            await pool.run(name)
    with pytest.raises(MediaError):
        resolve("subprocess:run")


async def test_people_go_before_the_background(pool, silence):
    order: list[str] = []

    async def ask(name: str, qos: Qos) -> None:
        await pool.run(NOTHING, qos=qos)
        order.append(name)

    blocker = stuck(pool, silence, timeout=0.5)
    await until(lambda: pool._busy)
    calls = [
        asyncio.create_task(ask(name, qos)) for name, qos in (("scan", Qos.BACKGROUND), ("segment", Qos.STREAM), ("page", Qos.INTERFACE))
    ]
    await until(lambda: pool.waiting == 3)
    with pytest.raises(MediaError):
        await blocker
    await asyncio.gather(*calls)
    assert order == ["page", "segment", "scan"]


async def test_background_work_never_takes_the_last_child(silence):
    async with Pool("test", size=2).lifetime() as pool:
        scans = [stuck(pool, silence, timeout=20) for _ in range(2)]
        await until(lambda: pool._busy and pool.waiting == 1)
        await pool.run(NOTHING, qos=Qos.STREAM, timeout=5)
        for scan in scans:
            scan.cancel()
        await asyncio.gather(*scans, return_exceptions=True)


async def test_a_cancelled_wait_leaves_the_queue(pool, silence):
    blocker = stuck(pool, silence, timeout=20)
    await until(lambda: pool._busy)
    waiting = asyncio.create_task(pool.run(NOTHING))
    await until(lambda: pool.waiting == 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert pool.waiting == 0
    blocker.cancel()
    await asyncio.gather(blocker, return_exceptions=True)
    await pool.run(NOTHING)


async def test_a_child_is_replaced_after_so_many_calls():
    async with Pool("test", limits=Limits(calls=3)).lifetime() as pool:
        await pool.run(NOTHING)
        first = child_of(pool)
        for _ in range(3):
            await pool.run(NOTHING)
        assert child_of(pool) != first
        await gone(first)


async def test_a_child_that_has_grown_is_replaced():
    async with Pool("test", limits=Limits(resident=1 << 20)).lifetime() as pool:
        await pool.run(NOTHING)
        assert pool.children == 0


async def test_a_child_without_work_ends():
    async with Pool("test", idle_s=0.05).lifetime() as pool:
        await pool.run(NOTHING)
        pid = child_of(pool)
        await gone(pid)
        assert pool.children == 0
        await pool.run(NOTHING)


async def test_a_pool_that_keeps_a_child_has_one_ready_and_keeps_the_last():
    async with Pool("test", size=2, idle_s=0.2, kept=1).lifetime() as pool:
        await until(lambda: pool._idle)  # though nobody has asked for anything
        async with asyncio.timeout(30):
            while pool.children < 2:  # a child that answers at once is free for the second call, too
                await asyncio.gather(*(pool.run(NOTHING, qos=Qos.STREAM) for _ in range(2)))
        await until(lambda: pool.children == 1)
        await asyncio.sleep(0.5)
        pid = child_of(pool)
        await pool.run(NOTHING, qos=Qos.STREAM)
        assert (pool.children, child_of(pool)) == (1, pid)
        await pool.run(NOTHING, qos=Qos.BACKGROUND)
        assert pool.children == 2
        await until(lambda: pool.children == 1)
        assert child_of(pool) == pid, "the one that is kept stands in front"


async def test_closing_the_pool_ends_busy_and_idle_children(silence):
    pool = Pool("test", size=2)
    async with pool.lifetime():
        await pool.run(NOTHING, qos=Qos.STREAM)
        call = stuck(pool, silence, qos=Qos.STREAM)
        await until(lambda: pool._busy)
        await pool.run(NOTHING, qos=Qos.STREAM)
        pids = [worker.pid for worker in pool._busy] + [worker.pid for worker, _ in pool._idle]
        assert len(pids) == 2
    with pytest.raises(MediaError):
        await call
    assert not any(alive(pid) for pid in pids)
    with pytest.raises(Unavailable):
        await pool.run(NOTHING)


async def test_a_child_that_cannot_start_says_why():
    async with Pool("test", preload=["revenge.media.no_such_room"]).lifetime() as pool:
        with pytest.raises(MediaError, match="no_such_room") as caught:
            await pool.run(NOTHING)
        assert caught.value.cause == "start"
        assert pool.children == 0


async def test_too_much_memory_is_an_error_in_words():
    async with Pool("test", limits=Limits(address_space=256 << 20)).lifetime() as pool:
        with pytest.raises(MediaError, match="memory"):
            await pool.run("revenge.media.child.trial:hold", 1 << 30)
        await pool.run(NOTHING)


def test_children_die_with_the_node(tmp_path):
    """Also when it is killed in a way it cannot notice."""
    script = tmp_path / "node.py"
    script.write_text(
        "import asyncio, sys\n"
        "from revenge.media.pool import Pool\n"
        "async def main():\n"
        "    async with Pool('test').lifetime() as pool:\n"
        "        await pool.run('revenge.media.child.serve:nothing')\n"
        "        print(pool._idle[0][0].pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": root}
    ) as node:
        pid = int(node.stdout.readline())
        assert alive(pid)
        node.kill()
        node.wait()
        end = time.monotonic() + 5
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not alive(pid)


def test_an_unknown_machine_has_no_filter_and_says_so():
    with pytest.raises(ValueError, match="mips"):
        filter_program("mips", 1)
    assert len(filter_program("aarch64", 1)) % 8 == 0


async def test_who_waits_too_long_is_told_to_come_back_and_background_work_waits_on(silence):
    async with Pool("test", size=1, patience_s=0.05).lifetime() as pool:
        busy = stuck(pool, silence)
        await until(lambda: pool._busy)
        behind = asyncio.create_task(pool.run(NOTHING))
        with pytest.raises(Unavailable, match="busy") as refused:
            await pool.run(NOTHING, qos=Qos.STREAM)
        assert (refused.value.code, refused.value.retry_after) == ("media_busy", 5)
        assert (pool.waiting, behind.done()) == (1, False)
        busy.cancel()
        await behind
        await pool.run(NOTHING, qos=Qos.STREAM)


async def test_there_is_room_for_background_work_while_a_child_is_left_for_people(silence):
    async with Pool("test", size=2).lifetime() as pool:
        assert pool.has_room
        busy = stuck(pool, silence)
        await until(lambda: pool._busy)
        assert not pool.has_room
        busy.cancel()
        await asyncio.wait([busy])
    assert not pool.has_room


async def test_work_in_the_background_has_children_of_its_own_that_stand_behind_what_people_wait_for():
    seen = {}
    async with Pool("test", size=2).lifetime() as pool:
        for qos in (Qos.STREAM, Qos.BACKGROUND, Qos.STREAM, Qos.MAINTENANCE, Qos.PERSON):
            await pool.run("revenge.media.child.serve:nothing", qos=qos)
            pid = pool._idle[-1][0].pid
            seen.setdefault(qos >= Qos.BACKGROUND, set()).add((pid, os.getpriority(os.PRIO_PROCESS, pid), _disk_class(pid)))
    ((front, front_nice, front_class),) = seen[False]
    ((behind, behind_nice, behind_class),) = seen[True]
    assert front != behind
    assert (front_nice, behind_nice) == (min(19, os.nice(0) + 10), min(19, os.nice(0) + 15))
    assert (front_class == 3, behind_class) == (False, 3), "3 is the kernel's class of those who read when nobody else does"


def _disk_class(pid: int) -> int:
    number = {"x86_64": 252, "aarch64": 31}[os.uname().machine]
    return ctypes.CDLL(None).syscall(number, 1, pid) >> 13
