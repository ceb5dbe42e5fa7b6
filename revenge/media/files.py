"""Opening media files on the node's side: children get descriptors, never paths."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from revenge.media.errors import MediaError

_COARSE_NS = 2_000_000_000
"""What file systems and network shares leave of a time stamp at worst (FAT)."""


class Stamp(Struct, frozen=True):
    """What a file was when it was looked into."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, now: os.stat_result) -> "Stamp":
        """What it is now."""
        return cls(now.st_size, now.st_mtime_ns)

    def fits(self, other: "Stamp") -> bool:
        """Whether both are of the same file, each perhaps seen by another node."""
        return self.size == other.size and abs(self.mtime_ns - other.mtime_ns) < _COARSE_NS


@asynccontextmanager
async def opened(path: Path | str, stamp: Stamp | None = None) -> AsyncIterator[int]:
    """A descriptor of its own for the file; MediaError when there is none to be had, or it is another file by now than `stamp` says.

    Opening may wait for a disk, so a thread does it.
    """
    found = await asyncio.to_thread(open_file, path, stamp)
    try:
        yield found
    finally:
        os.close(found)


async def open_all(paths: Sequence[Path | str]) -> list[int | MediaError]:
    """A descriptor, or the reason why not, for each path."""
    return await asyncio.to_thread(lambda: [_try(path) for path in paths])


def open_file(path: Path | str, stamp: Stamp | None = None) -> int:
    """Open a regular file for reading. A pipe or a device named like a film is refused and never waited for."""
    try:
        found = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MediaError(f"The file cannot be opened: {error.strerror or error}.", cause="closed") from error
    now = os.fstat(found)
    if not stat.S_ISREG(now.st_mode):
        os.close(found)
        raise MediaError("It is not a regular file.", fault="irregular")
    if stamp is not None and not stamp.fits(Stamp.of(now)):
        os.close(found)
        raise MediaError("The file has changed since it was looked into.", cause="changed")
    return found


def _try(path: Path | str) -> int | MediaError:
    try:
        return open_file(path)
    except MediaError as error:
        return error
