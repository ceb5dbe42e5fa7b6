"""The jobs of a scan, one per stage."""

from collections.abc import Sequence
from uuid import UUID

from revenge.infra.jobs import Job
from revenge.services.library.service import Libraries
from revenge.services.library.stages import Stages
from revenge.services.library.walk import Folder


class LibraryJobs:
    """What the library queue and the metadata queue do for scans."""

    def __init__(self, libraries: Libraries, stages: Stages) -> None:
        self.libraries = libraries
        self.stages = stages

    def jobs(self) -> Sequence[Job]:
        """Return the jobs; `library.scan_all` is wanted every few hours, `library.mend` every minute, `library.tidy` once a day."""
        return [
            Job("library.scan", "library", self.scan, tries=2, gave_up=self.scan_gave_up),
            Job("library.probe", "library", self.probe, tries=2, gave_up=self.batch_gave_up),
            Job("library.match", "library", self.match, tries=3, first_wait=0.5, ahead=True, gave_up=self.batch_gave_up),
            Job("library.enrich", "metadata", self.enrich, tries=4),  # three times more, each after twice the wait
            Job("library.index", "library", self.stages.indexing.step),
            Job("library.scan_all", "library", self.libraries.scan_all),
            Job("library.mend", "maintenance", self.libraries.mend),
            Job("library.tidy", "maintenance", self.libraries.tidy),
        ]

    async def scan(self, scan_id: UUID, root: int, after: Folder | None) -> None:
        """Walk one slice of a folder."""
        await self.stages.scan(scan_id, root, after)

    async def probe(self, scan_id: UUID, step: str, files: list[UUID], fresh: bool = False) -> None:
        """Look into a batch of files."""
        await self.stages.probe(scan_id, step, files, fresh=fresh)

    async def match(self, scan_id: UUID, step: str, files: list[UUID]) -> None:
        """Find out what a batch of files is."""
        await self.stages.match(scan_id, step, files)

    async def enrich(self, kind: str, id: UUID) -> None:
        """Give one item its artwork and the facts that lie beside its files."""
        await self.stages.enrich(kind, id)

    async def scan_gave_up(self, scan_id: UUID, root: int) -> None:
        """End the scan: nobody asks for the rest of its folders any more."""
        await self.libraries.fail(scan_id, root)

    async def batch_gave_up(self, scan_id: UUID, step: str, files: list[UUID]) -> None:
        """Go on without these files."""
        await self.stages.give_up(scan_id, step, files)
