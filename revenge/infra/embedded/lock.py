"""One node to a data directory."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.infra.embedded import place
from revenge.infra.embedded.disk import refused


class Holder(Struct, frozen=True):
    """The node that runs on a data directory."""

    pid: int
    runtime_dir: Path
    """Where its servers' sockets stand: a command on the same machine meets them there."""


class DataLock:
    """The data directory is ours for as long as `lifetime()` lasts; a node that dies leaves it free."""

    def __init__(self, data_dir: Path, runtime_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.runtime_dir = runtime_dir.absolute()

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Hold the directory, made if need be. Raises StartRefused when another node has it or it cannot be written."""
        lock = await asyncio.to_thread(self._take)
        try:
            yield
        finally:
            os.close(lock)

    def _take(self) -> int:
        place.make_data(self.data_dir)
        with refused(self.data_dir):
            lock = os.open(_file(self.data_dir), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with refused(self.data_dir):
                os.ftruncate(lock, 0)
                os.write(lock, f"{os.getpid()}\n{self.runtime_dir}\n".encode())
                os.fsync(lock)
        except BaseException as error:
            os.close(lock)
            if isinstance(error, BlockingIOError):
                raise self._taken() from error
            raise
        return lock

    def _taken(self) -> StartRefused:
        other = holder(self.data_dir)
        process = f"process {other.pid}" if other else "another process"
        return StartRefused(
            f"The data directory {self.data_dir} belongs to a node that is running ({process}). "
            "Stop that one first, or give this one a directory of its own with REVENGE_DATA_DIR."
        )


def holder(data_dir: Path) -> Holder | None:
    """The node that runs on this data directory now; None when none does."""
    with suppress(OSError, ValueError), _file(data_dir).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, runtime_dir = lock.read().splitlines()
            return Holder(int(pid), Path(runtime_dir))
    return None


def _file(data_dir: Path) -> Path:
    return data_dir / "revenge.lock"
