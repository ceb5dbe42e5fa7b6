"""What artwork needs done in the background."""

from collections.abc import Sequence

from loguru import logger

from revenge.infra.jobs import Job
from revenge.services.metadata.service import Artwork


class ArtworkJobs:
    """Jobs of artwork."""

    def __init__(self, artwork: Artwork) -> None:
        self.artwork = artwork

    def jobs(self) -> Sequence[Job]:
        """Return the jobs; `artwork.tidy` is wanted once a day."""
        return [Job("artwork.tidy", "maintenance", self.tidy)]

    async def tidy(self) -> None:
        """Delete picture files that nothing uses any more."""
        gone = sum([await self.artwork.tidy(f"{number:02x}") for number in range(256)])
        if gone:
            logger.info("{} files of pictures that are not used any more were deleted", gone)
