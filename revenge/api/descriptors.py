"""Open files, kept for a while: a player sends hundreds of ranges, and opening the file for each would cost more than sending them."""

import asyncio
import os
import stat
from collections import OrderedDict
from concurrent.futures import Executor
from time import monotonic

from revenge.api.conditions import Version
from revenge.core.errors import NotFound, Unavailable


class Opened:
    """An open file and how many are sending from it. Closed when nobody does and it is not kept any more."""

    __slots__ = ("fd", "kept", "modified_ns", "since", "size", "users", "version")

    def __init__(self, fd: int, facts: os.stat_result) -> None:
        self.fd = fd
        self.size = facts.st_size
        self.modified_ns = facts.st_mtime_ns
        self.version = version_of(facts)
        self.since = monotonic()
        self.users = 0
        self.kept = True

    def give_back(self) -> None:
        """One sender is done with it."""
        self.users -= 1
        self.let_go()

    def let_go(self) -> None:
        """Close the file if nobody needs it."""
        if not self.users and not self.kept and self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def version_of(facts: os.stat_result) -> Version:
    """The version that a file's size, time and inode stand for."""
    return Version(f'"{facts.st_mtime_ns:x}-{facts.st_size:x}-{facts.st_ino:x}"', int(facts.st_mtime))


class Descriptors:
    """A bounded set of open files by path. One that has been open for `seconds` is opened anew, so that a replaced file is noticed."""

    def __init__(self, threads: Executor, most: int = 128, seconds: float = 20.0) -> None:
        self.most = most
        self.seconds = seconds
        self._threads = threads
        self._open: OrderedDict[str, Opened] = OrderedDict()
        self._opening: dict[str, asyncio.Task[Opened]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    async def take(self, path: str) -> Opened:
        """Return the file, open until it is given back.

        NotFound when there is no such file, Unavailable when it cannot be opened.
        """
        opened = self._open.get(path)
        if opened is None or monotonic() - opened.since > self.seconds:
            opened = await self._fresh(path)
        while opened.fd < 0:  # others pushed it out before we had our turn
            opened = await self._fresh(path)
        opened.users += 1
        return opened

    def close(self) -> None:
        """Close every file that nobody is sending; the others close when they are done."""
        while self._open:
            self._drop(next(iter(self._open)))
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    async def _fresh(self, path: str) -> Opened:
        """Open the file in a thread, since a sleeping disk takes seconds; those who ask meanwhile wait for the same."""
        task = self._opening.get(path)
        if task is None:
            task = self._opening[path] = asyncio.create_task(self._open_and_keep(path))
            task.add_done_callback(lambda done: self._opened(path, done))
        return await asyncio.shield(task)

    def _opened(self, path: str, task: "asyncio.Task[Opened]") -> None:
        self._opening.pop(path, None)
        if not task.cancelled():
            task.exception()  # seen, even when everybody who asked has left

    async def _open_and_keep(self, path: str) -> Opened:
        opened = await asyncio.get_running_loop().run_in_executor(self._threads, _open, path)
        self._drop(path)
        self._open[path] = opened
        while len(self._open) > self.most:
            self._drop(next(iter(self._open)))
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self.seconds, self._drop_old)
        return opened

    def _drop(self, path: str) -> None:
        old = self._open.pop(path, None)
        if old is not None:
            old.kept = False
            old.let_go()

    def _drop_old(self) -> None:
        """Let go of what has been open long enough; look again while something is open."""
        now = monotonic()
        for path in [path for path, opened in self._open.items() if now - opened.since >= self.seconds]:
            self._drop(path)
        self._sweep = asyncio.get_running_loop().call_later(self.seconds, self._drop_old) if self._open else None


def _open(path: str) -> Opened:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe named film.mkv must not hold the thread
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound("The file is not there any more.", code="file_missing") from None
    except OSError as error:
        raise Unavailable(f"The file cannot be opened: {error.strerror}.", code="file_unreadable") from None
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        os.close(fd)
        raise NotFound("There is no file at this place.", code="file_missing")
    return Opened(fd, facts)
