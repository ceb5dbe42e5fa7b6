"""The playback room's door."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from revenge.api.endpoint import Endpoint
from revenge.core.clock import Clock, now
from revenge.core.data import Transactions
from revenge.core.tickets import Tickets
from revenge.infra.jobs import Job
from revenge.media.segments import Segments
from revenge.services.library.entity import Shelf
from revenge.services.library.service import Files
from revenge.services.playback.delivery import Delivery
from revenge.services.playback.held import HeldViewings
from revenge.services.playback.indexes import Indexer, Indexes
from revenge.services.playback.jobs import PlaybackJobs
from revenge.services.playback.progress import Progresses
from revenge.services.playback.routes import PlaybackRoutes
from revenge.services.playback.service import Playback
from revenge.services.playback.streams import Holders, Streams


class Studio(Struct, frozen=True):
    """Who makes what is watched."""

    indexer: Indexer
    segments: Segments


class PlaybackModule:
    """Watching; `shelves` is filled by bootstrap with one entry per kind of item."""

    def __init__(
        self,
        database: Transactions,
        files: Files,
        shelves: Mapping[str, Shelf],
        studio: Studio,
        tickets: Tickets,
        holders: Holders,
        held: HeldViewings,
        clock: Clock = now,
    ) -> None:
        indexes = Indexes(files, studio.indexer)
        self.progress = Progresses(database, files, shelves, clock)
        self.playback = Playback(database, files, shelves, self.progress, indexes, tickets, clock=clock)
        self._delivery = Delivery(Streams(database, files, indexes, tickets, holders, held), files, studio.segments)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the doors."""
        return [*PlaybackRoutes(self.playback, self.progress).endpoints(), *self._delivery.endpoints()]

    def jobs(self) -> Sequence[Job]:
        """Return the work done in the background."""
        return PlaybackJobs(self.playback).jobs()
