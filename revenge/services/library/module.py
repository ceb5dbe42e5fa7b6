"""The library room's door."""

from collections.abc import Mapping, Sequence

from revenge.api.endpoint import Endpoint
from revenge.core.data import Transactions
from revenge.infra.jobs import Job
from revenge.services.library.entity import ContentLibrary
from revenge.services.library.jobs import LibraryJobs
from revenge.services.library.routes import LibraryRoutes
from revenge.services.library.service import Files, Libraries
from revenge.services.library.stages import Prober, Stages


class LibraryModule:
    """Libraries, their files and scans; `contents` is filled by bootstrap with one entry per content module."""

    def __init__(self, database: Transactions, contents: Mapping[str, ContentLibrary], prober: Prober) -> None:
        self.libraries = Libraries(database, contents)
        self.files = Files(database)
        self._stages = Stages(database, contents, prober)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the doors."""
        return LibraryRoutes(self.libraries).endpoints()

    def jobs(self) -> Sequence[Job]:
        """Return the work done in the background."""
        return LibraryJobs(self.libraries, self._stages).jobs()
