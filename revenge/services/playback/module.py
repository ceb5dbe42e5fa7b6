"""The playback room's door."""

from collections.abc import Callable, Mapping, Sequence

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
from revenge.services.playback.first import FirstPieces
from revenge.services.playback.following import Follower
from revenge.services.playback.held import HeldViewings
from revenge.services.playback.indexes import Indexer, Indexes
from revenge.services.playback.jobs import PlaybackJobs
from revenge.services.playback.levels import Levels, Measurer
from revenge.services.playback.limits import Allowances, Spare, unmeasured
from revenge.services.playback.opening import Opening
from revenge.services.playback.preferences import Tastes
from revenge.services.playback.progress import Progresses
from revenge.services.playback.routes import PlaybackRoutes, TicketDoors
from revenge.services.playback.service import Playback, Surroundings, unhurried
from revenge.services.playback.settings import PlaybackSettings
from revenge.services.playback.streams import Holders, Streams

_USUAL = PlaybackSettings()
_NONE: Mapping[str, Follower] = {}


class Studio(Struct, frozen=True):
    """Who makes what is watched."""

    indexer: Indexer
    meter: Measurer
    segments: Segments
    ahead: bool = True
    """Whether the first pieces of a viewing are made before its player asks for them."""


class PlaybackModule:
    """Watching; `shelves` and `followers` are filled by bootstrap with one entry per kind of item that has one."""

    def __init__(
        self,
        database: Transactions,
        files: Files,
        shelves: Mapping[str, Shelf],
        studio: Studio,
        tickets: Tickets,
        holders: Holders,
        held: HeldViewings,
        *,
        settings: PlaybackSettings = _USUAL,
        followers: Mapping[str, Follower] = _NONE,
        alternates: Callable[[], Sequence[str]] = tuple,
        spare: Spare = unmeasured,
        clock: Clock = now,
    ) -> None:
        indexes = Indexes(files, studio.indexer)
        self.progress = Progresses(database, files, shelves, clock)
        self.limits = Allowances(database, settings, spare)
        self.tastes = Tastes(database)
        opening = Opening(files, shelves, self.progress, indexes, Levels(database, studio.meter))
        streams = Streams(database, files, indexes, tickets, holders, held)
        around = Surroundings(tickets, followers, alternates, FirstPieces(streams, studio.segments).begin if studio.ahead else unhurried)
        self.playback = Playback(database, files, opening, self.progress, self.limits, around, clock)
        self._tickets = TicketDoors(self.playback, tickets, holders)
        self._delivery = Delivery(streams, files, studio.segments)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the doors."""
        routes = PlaybackRoutes(self.playback, self.progress, self.limits, self.tastes)
        return [*routes.endpoints(), *self._tickets.endpoints(), *self._delivery.endpoints()]

    def jobs(self) -> Sequence[Job]:
        """Return the work done in the background."""
        return PlaybackJobs(self.playback).jobs()
