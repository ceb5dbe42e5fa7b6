"""Which of an item's files is played, and whether it can be played now."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from revenge.core.errors import Conflict, NotFound, Unavailable, absent
from revenge.media.errors import MediaError
from revenge.media.files import Stamp
from revenge.services.library.entity import StoredFile

_RETRY_S = 30


async def choose(files: Sequence[StoredFile], wanted: UUID | None) -> StoredFile:
    """Return the file that was asked for, or else the first one that can be played.

    NotFound: the item has no such file. Conflict: it was not looked into yet, or is another one by now. Unavailable: its disk is away.
    """
    candidates = [file for file in files if wanted in {None, file.id}]
    if not candidates:
        absent("file of this item", wanted)
    refusals: list[Conflict | Unavailable] = []
    for file in candidates:
        try:
            await check(file)
        except (Conflict, Unavailable) as refusal:
            refusals.append(refusal)
        else:
            return file
    raise next((refusal for refusal in refusals if isinstance(refusal, Unavailable)), refusals[0])


async def check(file: StoredFile) -> None:
    """Raise Conflict or Unavailable when the file cannot be played now."""
    if file.facts is None:
        raise Conflict("This file was not looked into yet, or cannot be read; scan its library first.", code="file_not_ready")
    now = await asyncio.to_thread(_seen, file.path) if file.available else None
    if now is None:
        raise away()
    if not stamp_of(file).fits(Stamp.of(now)):
        raise changed()


def stamp_of(file: StoredFile) -> Stamp:
    """Return what the file was at its last scan."""
    return Stamp(file.size, file.mtime_ns)


def changed() -> Conflict:
    """Return the error for a file that is another one by now."""
    return Conflict("This file has changed since it was last scanned; scan its library again.", code="file_changed")


def away() -> Unavailable:
    """Return the error for a file that is known and cannot be seen."""
    return Unavailable("The disk that holds this cannot be seen at the moment.", code="file_unavailable", retry_after=_RETRY_S)


async def why(file: StoredFile, error: Exception) -> Conflict | Unavailable:
    """Return what to tell a viewer whose file, or a piece of it, could not be sent."""
    now = None if isinstance(error, NotFound) else await asyncio.to_thread(_seen, file.path)
    if now is None:
        return away()
    if isinstance(error, MediaError) and error.cause == "changed":
        return changed()
    return Unavailable(f"This part cannot be shown: {error}", code="segment_failed", retry_after=5)


def _seen(path: str) -> os.stat_result | None:
    """Return what the file is now; None when it cannot be seen. Waits for disks; run it in a thread."""
    try:
        return Path(path).stat()
    except OSError:
        return None
