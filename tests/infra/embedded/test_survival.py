"""Whatever is killed, the next start recovers, and nothing that was acknowledged is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from revenge.infra.embedded import place, postmaster
from revenge.infra.embedded.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[3]


class Owner:
    """A node in small, in a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, "-m", "tests.infra.embedded.owner", str(data_dir)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.server = int(self.process.stdout.readline().split()[1])
        self.acknowledged = 0

    def work(self, rows: int) -> None:
        """Wait until this many more rows were acknowledged."""
        until = self.acknowledged + rows
        while self.acknowledged < until:
            line = self.process.stdout.readline()
            assert line, "the owner ended"
            self.acknowledged = int(line)

    def kill(self) -> None:
        self.process.kill()
        rest = self.process.stdout.read().splitlines()
        self.process.wait()
        whole = [line for line in rest if line.isdigit()]
        self.acknowledged = int(whole[-1]) if whole else self.acknowledged


@pytest.fixture
def owner(data_dir):
    owner = Owner(data_dir)
    yield owner
    owner.process.kill()
    owner.process.wait()
    owner.process.stdout.close()


async def rows_after_next_start(data_dir: Path) -> set[int]:
    async with EmbeddedPostgres(data_dir, place.runtime_dir(data_dir)).lifetime() as url:
        connection = await asyncpg.connect(url)
        rows = {row["number"] for row in await connection.fetch("SELECT number FROM acknowledged")}
        await connection.close()
    return rows


async def test_a_killed_node_loses_nothing_and_leaves_no_server_behind(owner, data_dir):
    owner.work(20)
    owner.kill()
    rows = await rows_after_next_start(data_dir)
    assert rows >= set(range(1, owner.acknowledged + 1))
    assert not postmaster.runs(owner.server)


async def test_a_killed_postgres_comes_back_while_the_node_runs(owner, data_dir):
    owner.work(20)
    os.kill(owner.server, signal.SIGKILL)
    owner.work(200)  # more than can still lie in the pipe from before
    owner.kill()
    rows = await rows_after_next_start(data_dir)
    assert rows >= set(range(1, owner.acknowledged + 1))


async def test_node_and_postgres_killed_together_lose_nothing(owner, data_dir):
    owner.work(20)
    os.kill(owner.server, signal.SIGKILL)
    owner.kill()
    rows = await rows_after_next_start(data_dir)
    assert rows >= set(range(1, owner.acknowledged + 1))


def test_a_second_node_on_the_same_data_is_refused(owner, data_dir):
    again = subprocess.run(
        [sys.executable, "-m", "tests.infra.embedded.owner", str(data_dir)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert again.returncode != 0
    assert str(data_dir) in again.stderr
    assert f"process {owner.process.pid}" in again.stderr
    owner.work(5)  # the first one did not notice
