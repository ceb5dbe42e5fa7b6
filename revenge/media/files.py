"""Opening media files on the node's side: children get descriptors, never paths."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from revenge.media.errors import MediaError


@asynccontextmanager
async def opened(path: Path | str) -> AsyncIterator[int]:
    """A descriptor of its own for the file; MediaError when there is none to be had. Opening may wait for a disk, so a thread does it."""
    found = await asyncio.to_thread(open_file, path)
    try:
        yield found
    finally:
        os.close(found)


async def open_all(paths: Sequence[Path | str]) -> list[int | MediaError]:
    """A descriptor, or the reason why not, for each path."""
    return await asyncio.to_thread(lambda: [_try(path) for path in paths])


def open_file(path: Path | str) -> int:
    """Open a regular file for reading. A pipe or a device named like a film is refused and never waited for."""
    try:
        found = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MediaError(f"The file cannot be opened: {error.strerror or error}.", cause="closed") from error
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise MediaError("It is not a regular file.", fault="irregular")
    return found


def _try(path: Path | str) -> int | MediaError:
    try:
        return open_file(path)
    except MediaError as error:
        return error
