"""Facts that lie beside a film."""

import asyncio
import os

from loguru import logger

from revenge.media import nfo
from revenge.media.errors import MediaError
from revenge.media.nfo import NfoBroken, NfoFacts
from revenge.services.metadata.chain import opened
from revenge.services.metadata.entity import Video
from revenge.services.metadata.sidecars import sidecar_nfo


class LocalMetadata:
    """Reads what people and other programs wrote down beside their films."""

    async def nfo(self, video: Video) -> NfoFacts | None:
        """What the video's `.nfo` says; None without one, or with one that cannot be used (which is logged)."""
        file = sidecar_nfo(video)
        if file is None:
            return None
        path = f"{video.directory}/{file.name}"
        try:
            async with opened(path) as fd:
                found = await asyncio.to_thread(lambda: nfo.read(os.pread(fd, nfo.MAX_BYTES + 1, 0)))
        except (MediaError, OSError) as error:
            found = NfoBroken(str(error))
        if isinstance(found, NfoBroken):
            logger.warning("{} is not used: {}", path, found.reason)
            return None
        return found
