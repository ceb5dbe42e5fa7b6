"""One node to a data directory."""

import os
import subprocess
import sys

import pytest

from revenge.core.errors import StartRefused
from revenge.infra.embedded.lock import DataLock, Holder, holder
from tests.infra.embedded.conftest import fill, make_read_only


async def test_a_second_node_is_told_which_directory_and_which_process(open_dir):
    async with DataLock(open_dir, open_dir / "run").lifetime():
        with pytest.raises(StartRefused, match=rf"{open_dir} .*process {os.getpid()}.*REVENGE_DATA_DIR"):
            async with DataLock(open_dir, open_dir / "run").lifetime():
                pass
    async with DataLock(open_dir, open_dir / "run").lifetime():
        pass  # free again


async def test_a_command_finds_the_running_node(open_dir):
    assert holder(open_dir) is None
    async with DataLock(open_dir / "data", open_dir / "run").lifetime():
        assert holder(open_dir / "data") == Holder(os.getpid(), open_dir / "run")
    assert holder(open_dir / "data") is None


async def test_a_killed_node_leaves_no_lock(open_dir):
    code = (
        "import asyncio, os, signal, sys; from pathlib import Path; from revenge.infra.embedded.lock import DataLock\n"
        "async def main():\n async with DataLock(Path(sys.argv[1]), Path('/run')).lifetime(): os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", code, str(open_dir)], check=False)
    assert (open_dir / "revenge.lock").exists()
    async with DataLock(open_dir, open_dir / "run").lifetime():
        pass


async def test_a_full_disk_is_named(small_disk):
    fill(small_disk)
    with pytest.raises(StartRefused, match=f"Cannot use {small_disk}.*: the disk is full"):
        async with DataLock(small_disk, small_disk / "run").lifetime():
            pass


async def test_a_read_only_disk_is_named(small_disk):
    make_read_only(small_disk)
    with pytest.raises(StartRefused, match=f"Cannot use {small_disk}/data: the file system is read-only"):
        async with DataLock(small_disk / "data", small_disk / "run").lifetime():
            pass


async def test_a_directory_that_may_not_be_written_is_named(open_dir, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StartRefused, match=f"Cannot use {open_dir}: the node may not write there"):
        async with DataLock(open_dir, open_dir / "run").lifetime():
            pass
