"""Where a file's picture can be cut: known from its scan, or found out when somebody wants to watch."""

import asyncio
from typing import Protocol
from uuid import UUID

from loguru import logger

from revenge.core.errors import Unavailable
from revenge.core.facts import MediaFacts
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.keyframes import KeyframeIndex
from revenge.services.library.entity import StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.entity import Entry

PATIENCE = 20.0
"""Seconds a viewer waits for a whole file to be read, before its picture is encoded without that."""
_LONGEST = 600.0
"""Seconds after which reading a file is given up; it goes on behind a viewer's back, for the next one."""


class Indexer(Protocol):
    """Who reads a file from end to end for its keyframes."""

    async def index(self, path: str, facts: MediaFacts, *, qos: Qos, timeout: float) -> bytes | None:  # noqa: ASYNC109 - the pool's own
        """Return the packed index; None where there is none."""


class Indexes:
    """Keyframe indexes, kept with their files.

    Whole files are read one at a time, however many are wanted, so that segments of others always find a child.
    """

    def __init__(self, files: Files, indexer: Indexer, patience: float = PATIENCE) -> None:
        self.files = files
        self.indexer = indexer
        self.patience = patience
        self._finding: dict[UUID, asyncio.Task[KeyframeIndex | None]] = {}
        self._one = asyncio.Lock()

    async def known(self, file: StoredFile) -> KeyframeIndex | None:
        """Return the index, if it was made already."""
        return _unpacked(file, await self.files.keyframes(file.id))

    async def found(self, file: StoredFile, facts: MediaFacts) -> KeyframeIndex | None:
        """Return the index after reading the file for it; None where there is none, or reading takes longer than a viewer waits."""
        task = self._finding.get(file.id)
        if task is None:
            task = self._finding[file.id] = asyncio.create_task(self._find(file, facts))
            task.add_done_callback(lambda _: self._finding.pop(file.id, None))
        try:
            async with asyncio.timeout(self.patience):
                return await asyncio.shield(task)
        except TimeoutError:
            logger.info("Reading {} for its keyframes takes longer than a viewer waits; it goes on.", file.path)
            return None

    async def _find(self, file: StoredFile, facts: MediaFacts) -> KeyframeIndex | None:
        try:
            async with self._one:
                packed = await self.indexer.index(file.path, facts, qos=Qos.PERSON, timeout=_LONGEST)
            if packed is not None:
                await self.files.set_keyframes(file.id, packed)
        except (MediaError, Unavailable) as error:
            logger.warning("No keyframe index for {}: {}", file.path, error)
            return None
        return _unpacked(file, packed)


def entry_of(index: KeyframeIndex | None) -> Entry:
    """Return whether the picture can be entered at its keyframes."""
    if index is None:
        return "unknown"
    return "open" if index.soft else "clean"


def _unpacked(file: StoredFile, packed: bytes | None) -> KeyframeIndex | None:
    try:
        return None if packed is None else KeyframeIndex.unpack(packed)
    except MediaError as error:  # written by another version
        logger.warning("The keyframe index of {} is not used: {}", file.path, error)
        return None
