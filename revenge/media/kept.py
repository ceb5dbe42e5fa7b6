"""Pieces on disk, within a quota that is looked at before each is written, and never so many that the disk is full."""

import asyncio
import contextlib
import errno
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from revenge.core.errors import Unavailable

_IN_USE_S = 20.0
"""Seconds after its last use in which a file is not taken away: somebody is sending it."""
_SPARE, _SPARE_SHARE = 256 << 20, 20
"""Bytes, and share of a small disk, that stay free for everybody else, the database first."""
_OURS = re.compile(r"[0-9a-f]{32}")
"""Folders we make; whatever else lies there is not ours to remove."""
_LONG_AGO = -1e12
"""Before any clock of this run began."""


class Kept:
    """Files by path, with their sizes."""

    def __init__(self, folder: Path, quota: int, worth: Callable[[Path], float | None]) -> None:
        """`quota` in bytes. `worth` says which file goes first (the least), and which does not go at all (None)."""
        self.folder, self.quota, self.worth = folder, quota, worth
        self.used = 0
        """Bytes on disk, or about to be."""
        self._files: dict[Path, tuple[int, float]] = {}

    async def take_over(self) -> None:
        """Count what an earlier run left, up to the quota; half-written files go."""
        for rank, (path, size) in enumerate(await asyncio.to_thread(_left_over, self.folder)):
            self._files[path] = (size, _LONG_AGO + rank)
            self.used += size
        await self._make_room(0)

    def __contains__(self, path: Path) -> bool:
        return path in self._files

    async def has(self, path: Path) -> bool:
        """Whether the file is there; it stays for some seconds then. One that somebody deleted is not."""
        if path not in self._files or not await asyncio.to_thread(path.exists):
            return False
        if path in self._files:
            self._files[path] = (self._files[path][0], time.monotonic())
        return path in self._files

    async def keep(self, path: Path, data: bytes) -> None:
        """Write a file, whole or not at all. Unavailable when there is no room for it."""
        self._forget(path)
        await self._make_room(len(data))
        self.used += len(data)
        try:
            await self._write(path, data)
        except OSError as error:
            self.used -= len(data)
            raise _no_space(error.strerror or str(error)) from error
        except BaseException:
            self.used -= len(data)
            raise
        self._files[path] = (len(data), time.monotonic())

    async def _write(self, path: Path, data: bytes) -> None:
        """Write; where the disk itself is full, what is worth least goes first, so that others' files do not stop what is watched."""
        try:
            await asyncio.to_thread(write, self.folder, path, data)
        except OSError as error:
            if error.errno != errno.ENOSPC or not await self._give_up(max(4 * len(data), _SPARE // 4)):
                raise
            await asyncio.to_thread(write, self.folder, path, data)

    async def _make_room(self, size: int) -> None:
        """Remove files until so many bytes more fit; Unavailable when too much is in use."""
        if (lacking := self.used + size - self.quota) > 0:
            await self._give_up(lacking)
        if self.used + size > self.quota:
            raise _no_space("its quota is used up by what is being watched")

    async def _give_up(self, wanted: int) -> bool:
        """Remove files of at least so many bytes, if there are as many that may go; whether anything went."""
        gone, freed = list[Path](), 0
        for path in self._dispensable():
            if freed >= wanted:
                break
            freed += self._files[path][0]
            self._forget(path)
            gone.append(path)
        if gone:
            await asyncio.to_thread(_remove, gone)
        return bool(gone)

    def _dispensable(self) -> list[Path]:
        horizon = time.monotonic() - _IN_USE_S
        found = [
            (worth, used_at, path)
            for path, (_, used_at) in self._files.items()
            if used_at <= horizon and (worth := self.worth(path)) is not None
        ]
        return [path for _, _, path in sorted(found)]

    def _forget(self, path: Path) -> None:
        size, _ = self._files.pop(path, (0, _LONG_AGO))
        self.used -= size


def _no_space(why: str) -> Unavailable:
    return Unavailable(f"There is no room for temporary files: {why}.", code="no_space", retry_after=30)


def write(folder: Path, path: Path, data: bytes) -> None:
    """Write a file of a folder, whole or not at all. OSError (ENOSPC) also where the disk would be as good as full afterwards."""
    for home in (folder, path.parent):  # somebody may have removed either
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk = shutil.disk_usage(folder)
    if disk.free - len(data) < min(_SPARE, disk.total // _SPARE_SHARE):
        raise OSError(errno.ENOSPC, "The disk is full")
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
            path.parent.rmdir()


def _left_over(folder: Path) -> list[tuple[Path, int]]:
    """Whole files of an earlier run, longest unused first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found: list[tuple[float, Path, int]] = []
    for path in (path for home in folder.iterdir() if _OURS.fullmatch(home.name) for path in home.iterdir()):
        try:
            if path.suffix == ".part":
                path.unlink()
                continue
            about = path.stat()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EACCES):
                continue
            raise
        found.append((about.st_mtime, path, about.st_size))
    return [(path, size) for _, path, size in sorted(found)]
