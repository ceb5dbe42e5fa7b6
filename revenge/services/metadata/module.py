"""The room of artwork and of facts from beside the films, put together."""

from collections.abc import Sequence
from pathlib import Path

from revenge.api.endpoint import Endpoint
from revenge.core.data import Transactions
from revenge.core.tickets import Tickets
from revenge.infra.jobs import Job
from revenge.media.pictures import Pictures
from revenge.services.metadata.files import ArtworkFiles
from revenge.services.metadata.jobs import ArtworkJobs
from revenge.services.metadata.local import LocalMetadata
from revenge.services.metadata.routes import ArtworkRoutes, Holders
from revenge.services.metadata.service import Artwork


class MetadataModule:
    """Pictures (kept in `folder`) and facts of items, whatever their kind."""

    def __init__(self, database: Transactions, folder: Path, pictures: Pictures, tickets: Tickets, holders: Holders) -> None:
        self.artwork = Artwork(database, ArtworkFiles(folder), pictures, tickets)
        self.local = LocalMetadata()
        self._routes = ArtworkRoutes(self.artwork, tickets, holders)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the door to pictures."""
        return self._routes.endpoints()

    def jobs(self) -> Sequence[Job]:
        """Return the work done in the background."""
        return ArtworkJobs(self.artwork).jobs()
