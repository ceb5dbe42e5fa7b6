"""Data directories of every difficult kind."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from revenge.infra.embedded import place


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data directory that is not made yet; when root runs the tests, the way to it is closed to everybody else."""
    data = tmp_path / "data"
    yield data
    shutil.rmtree(place.runtime_dir(data), ignore_errors=True)


@pytest.fixture
def small_disk(open_dir: Path) -> Iterator[Path]:
    """A disk of its own, of 80 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = open_dir / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=80m,mode=711", "tmpfs", disk], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no mounting here: {mounted.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
