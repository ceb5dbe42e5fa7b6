"""Artwork on the disk: `<folder>/<first two digits>/<digest>-<width>.webp`. All of it can be made again, so it may be deleted at any time."""

import asyncio
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from revenge.core.errors import Unavailable
from revenge.media.picture_sizes import PictureSize

_NAME = re.compile(r"([0-9a-f]{32})-\d+\.webp")
_YOUNG_S = 3600
"""A file younger than that may belong to a picture whose row is about to be written."""


class ArtworkFiles:
    """The folder that pictures are kept in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str, width: int) -> Path:
        """Where a picture of that width lies."""
        return self.folder / digest[:2] / f"{digest}-{width}.webp"

    async def write(self, digest: str, sizes: Sequence[PictureSize]) -> None:
        """Write the picture's sizes, each whole or not at all; Unavailable when the disk is full or read-only."""
        try:
            await asyncio.to_thread(self._write, digest, sizes)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unavailable(f"Pictures cannot be written to {self.folder}: {reason}.", code="disk", retry_after=60) from error

    async def stale(self, prefix: str) -> dict[str, list[Path]]:
        """Files whose digest begins with these two digits and that are not young, by digest."""
        return await asyncio.to_thread(self._stale, prefix)

    async def remove(self, paths: Sequence[Path]) -> None:
        """Delete files; those already gone are no error."""
        await asyncio.to_thread(_remove, paths)

    def _write(self, digest: str, sizes: Sequence[PictureSize]) -> None:
        for size in sizes:
            target = self.path(digest, size.width)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.parent.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(size.data)
                Path(name).replace(target)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise

    def _stale(self, prefix: str) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in _files(self.folder / prefix):
            name = _NAME.fullmatch(path.name)
            found.setdefault(name[1] if name else "", []).append(path)
        return found


def digest_of(sizes: Sequence[PictureSize]) -> str:
    """The name of a picture: what is in its largest size."""
    return hashlib.blake2b(sizes[0].data, digest_size=16).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Files in the folder that nobody is about to use, left-over temporary ones included."""
    before = time.time() - _YOUNG_S
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_file() and entry.stat().st_mtime < before:
                    yield Path(entry.path)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()
