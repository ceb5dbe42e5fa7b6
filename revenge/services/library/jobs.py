"""The jobs of a scan, one per stage."""

from collections.abc import Awaitable, Sequence
from uuid import UUID

from loguru import logger

from revenge.infra.jobs import Job, JobContext
from revenge.services.library.service import Libraries
from revenge.services.library.stages import Stages
from revenge.services.library.walk import Folder

_SORRY = "Something went wrong inside; the log of the server has the details. Scan again to retry."


class LibraryJobs:
    """What the library queue and the metadata queue do for scans."""

    def __init__(self, libraries: Libraries, stages: Stages) -> None:
        self.libraries = libraries
        self.stages = stages

    def jobs(self) -> Sequence[Job]:
        """Return the jobs; `library.scan_all` is wanted every few hours, `library.tidy` once a day."""
        return [
            Job("library.scan", "library", self.scan, tries=2),
            Job("library.probe", "library", self.probe, tries=2),
            Job("library.match", "library", self.match, tries=3, first_wait=0.5),
            Job("library.enrich", "metadata", self.enrich),
            Job("library.scan_all", "library", self.libraries.scan_all),
            Job("library.tidy", "maintenance", self.libraries.tidy),
        ]

    async def scan(self, scan_id: UUID, root: int, after: Folder | None, step: str, context: JobContext) -> None:
        """Walk one slice of a folder."""
        await self._or_give_up(self.stages.scan(scan_id, root, after), scan_id, step, 0, context)

    async def probe(self, scan_id: UUID, step: str, files: list[UUID], context: JobContext) -> None:
        """Look into a batch of files."""
        await self._or_give_up(self.stages.probe(scan_id, step, files), scan_id, step, len(files), context)

    async def match(self, scan_id: UUID, step: str, files: list[UUID], context: JobContext) -> None:
        """Find out what a batch of files is."""
        await self._or_give_up(self.stages.match(scan_id, step, files), scan_id, step, len(files), context)

    async def enrich(self, kind: str, id: UUID) -> None:
        """Give one item its artwork and the facts that lie beside its files."""
        await self.stages.enrich(kind, id)

    async def _or_give_up(self, stage: Awaitable[None], scan_id: UUID, step: str, files: int, context: JobContext) -> None:
        """Run a stage; when its last try fails, end its step with an error, so that the scan does not wait for ever."""
        try:
            await stage
        except Exception:
            if not context.last:
                raise
            logger.exception("The step {} of the scan {} was given up", step, scan_id)
            await self.stages.give_up(scan_id, step, _SORRY, files)
