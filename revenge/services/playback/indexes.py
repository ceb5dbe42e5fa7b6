"""Where a file's picture can be cut: known from its scan, or found out when somebody wants to watch."""

from typing import Protocol

from loguru import logger

from revenge.core.facts import MediaFacts
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.keyframes import KeyframeIndex
from revenge.services.library.entity import StoredFile
from revenge.services.library.service import Files

_PATIENCE = 20.0
"""Seconds a viewer waits for a whole file to be read, before its picture is cut blindly."""


class Indexer(Protocol):
    """Who reads a file from end to end for its keyframes."""

    async def index(self, path: str, facts: MediaFacts, *, qos: Qos, timeout: float) -> bytes | None:  # noqa: ASYNC109 - the pool's own
        """Return the packed index; None where there is none."""


class StoredIndexes:
    """Keyframe indexes, kept with their files."""

    def __init__(self, files: Files, indexer: Indexer) -> None:
        self.files = files
        self.indexer = indexer

    async def of(self, file: StoredFile) -> KeyframeIndex | None:
        """Return the keyframe index; None where the picture has to be cut blindly."""
        packed = await self.files.keyframes(file.id)
        if packed is None and file.facts is not None and file.facts.video is not None:
            packed = await self._find(file, file.facts)
        return None if packed is None else KeyframeIndex.unpack(packed)

    async def _find(self, file: StoredFile, facts: MediaFacts) -> bytes | None:
        try:
            packed = await self.indexer.index(file.path, facts, qos=Qos.STREAM, timeout=_PATIENCE)
        except MediaError as error:
            logger.warning("No keyframe index for {}: {}", file.path, error)
            return None
        if packed is not None:
            await self.files.set_keyframes(file.id, packed)
        return packed
