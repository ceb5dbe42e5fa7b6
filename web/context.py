"""What pages need of the house. The real services fit these shapes; tests bring small ones of their own."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from revenge.content.movie.entity import MovieCard, MovieDetails, MovieQuery
from revenge.core.caller import Caller
from revenge.core.page import Page, PageQuery
from revenge.core.sources import SourceState
from revenge.core.tickets import Tickets
from revenge.services.auth.entity import Entered, Login, Stay
from revenge.services.jobs.entity import JobDetails, JobEntry, JobQuery, LogLine, Queues
from revenge.services.library.entity import Folders, Library, ScanError
from revenge.services.load.entity import Load, LoadQuery
from revenge.services.nodes.overview import Overview
from revenge.services.playback.entity import Continued, NowPlaying
from revenge.services.playback.taste import Preferences
from revenge.services.search.entity import Found, SearchQuery
from revenge.services.session.entity import Device, Session
from revenge.services.setup.entity import FirstAdmin, SetupState
from revenge.services.user.entity import User


class Doors(Protocol):
    """Signs people in and out."""

    async def login(self, login: Login, device: Device) -> Entered:
        """Let somebody in who knows the password."""

    async def logout(self, caller: Caller) -> None:
        """End the session that asks."""

    def cookie(self, entered: Entered) -> Stay:
        """Return what a browser keeps that has just come in."""


class Pace(Protocol):
    """Slows down places that knock too often."""

    def knock(self, place: str) -> None:
        """TooMany when this place was here too often."""


class Wizard(Protocol):
    """Makes the first admin."""

    async def state(self, *, local: bool) -> SetupState:
        """Whether an admin is still to be made."""

    async def finish(self, admin: FirstAdmin, device: Device, *, local: bool) -> Entered:
        """Make the first admin and sign them in."""


class People(Protocol):
    """Knows accounts."""

    async def get(self, id: UUID) -> User:
        """Return the account."""


class SignIns(Protocol):
    """Knows the devices somebody is signed in on."""

    async def of(self, caller: Caller) -> Page[Session]:
        """Return the caller's open sessions."""


class Libraries(Protocol):
    """Knows libraries and their scans."""

    async def list(self, caller: Caller) -> Sequence[Library]:
        """Return the libraries the caller may see."""

    async def folders(self, path: str) -> Folders:
        """Return the folders inside a folder of this server."""

    async def page_errors(self, id: UUID, query: PageQuery, caller: Caller) -> Page[ScanError]:
        """Return what a scan could not take in."""


class Films(Protocol):
    """Knows films."""

    async def page(self, query: MovieQuery, caller: Caller) -> Page[MovieCard]:
        """Return one page of films."""

    async def get(self, id: UUID, caller: Caller) -> MovieDetails:
        """Return everything about a film."""


class Finder(Protocol):
    """Finds items by words."""

    async def find(self, query: SearchQuery, caller: Caller) -> Found:
        """Return the best items of each kind."""


class Watching(Protocol):
    """Knows what people began to watch."""

    async def continued(self, limit: int, caller: Caller) -> Sequence[Continued]:
        """Return what the caller began and did not end, the last one first."""


class Screens(Protocol):
    """Knows what is watched now."""

    async def now(self, query: PageQuery, caller: Caller) -> Page[NowPlaying]:
        """Return what the caller watches now, an admin what everybody does."""


class Tastes(Protocol):
    """Knows how people like to watch."""

    async def of(self, caller: Caller) -> Preferences:
        """Return what the caller chose."""


class Providers(Protocol):
    """Knows the outside services."""

    @property
    def states(self) -> Sequence[SourceState]:
        """How each is doing."""


class Nodes(Protocol):
    """Knows the nodes."""

    async def look(self) -> Overview:
        """Return how everything stands."""


class Desk(Protocol):
    """Knows work in the background."""

    async def queues(self) -> Queues:
        """Return how the queues stand, and why something waits."""

    async def page(self, query: JobQuery) -> Page[JobEntry]:
        """Return one page of jobs."""

    async def get(self, id: UUID) -> JobDetails:
        """Return one job."""

    async def log(self, id: UUID, query: PageQuery) -> Page[LogLine]:
        """Return what its runs had to say."""


class Loads(Protocol):
    """Knows how busy the nodes have been."""

    async def show(self, query: LoadQuery) -> Load:
        """Return the last ten minutes."""


class Parts(Struct, frozen=True):
    """Where the node keeps its things, for the wizard's first step: `embedded`, or host and name of a server without any password."""

    database: str = "embedded"
    cache: str = "embedded"


class Rooms(Struct, frozen=True, kw_only=True):
    """Everything the pages are built on."""

    tickets: Tickets
    doors: Doors
    pace: Pace
    wizard: Wizard
    people: People
    sign_ins: SignIns
    libraries: Libraries
    films: Films
    finder: Finder
    watching: Watching
    screens: Screens
    tastes: Tastes
    nodes: Nodes
    desk: Desk
    loads: Loads
    providers: Providers
    parts: Parts = Parts()
    kinds: tuple[str, ...] = ("movie",)
    """Kinds of libraries that can be made here."""
