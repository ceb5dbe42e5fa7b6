"""People, films and libraries that need no database: what the pages are shown with in tests."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from aiohttp import web

from revenge.api.door import COOKIE
from revenge.api.mount import Frame, mount
from revenge.content.movie.entity import MovieCard, MovieDetails, MovieFile, Person
from revenge.core.caller import Caller
from revenge.core.errors import Forbidden, Invalid, TooMany, Unauthenticated, absent
from revenge.core.facts import AudioTrack, SubtitleTrack, VideoTrack
from revenge.core.ids import ItemRef
from revenge.core.load import Sample
from revenge.core.page import Page
from revenge.core.sources import SourceState
from revenge.core.tickets import Tickets
from revenge.services.auth.entity import Entered, Stay
from revenge.services.jobs.entity import JobDetails, JobEntry, LogLine, Queues, QueueState, Wait
from revenge.services.library.entity import Folder, Folders, ItemCard, Library, Root, Scan, ScanError
from revenge.services.load.entity import Load
from revenge.services.metadata.entity import Poster
from revenge.services.nodes.overview import Overview
from revenge.services.playback.entity import Continued, NowPlaying, Progress, Reason, Screen, StreamWay
from revenge.services.playback.taste import Preferences
from revenge.services.search.entity import Found, Group
from revenge.services.session.entity import Session, Started
from revenge.services.setup.entity import SetupState
from revenge.services.user.entity import User
from web.context import Parts, Rooms
from web.mount import Site

__all__ = ["COOKIE", "HOUR", "Household", "named"]

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)
HOUR = 3_600_000
BLURHASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
_SPACE = UUID("0190f1c4-0000-7000-8000-000000000000")
_ROLES = {"anne": "admin", "ben": "user"}


def named(name: str) -> UUID:
    """The id of whatever has this name."""
    return uuid5(_SPACE, name)


def film(title: str, year: int | None, **more) -> MovieDetails:
    id = named(title)
    video = VideoTrack(0, "h264", 1920, 804, profile="High", frame_rate=23.976, bit_rate=8_000_000)
    audio = (
        AudioTrack(1, "ac3", 6, 48_000, language="deu", default=True, bit_rate=448_000),
        AudioTrack(2, "aac", 2, 48_000, language="eng", title="Commentary"),
    )
    subtitles = (SubtitleTrack(3, "subrip", language="deu", forced=True), SubtitleTrack(4, "ass", language="eng"))
    file = MovieFile(
        named(f"{title} file"), f"{title}.mkv", None, True, "matroska", 8_400_000_000, 2 * HOUR, 9_800_000, video, audio, subtitles
    )
    plain = {
        "id": id, "library_id": named("library"), "title": title, "year": year, "available": True,
        "poster": Poster(f"/images/ticket/{id}/780.webp", BLURHASH), "progress": None, "backdrop": None, "original_title": None,
        "released": None, "runtime_ms": None, "overview": None, "tagline": None, "certification": None, "collection": None,
        "genres": [], "studios": [], "people": [], "external_ids": {}, "locked": [], "added_at": NOW, "files": [file],
    }  # fmt: skip
    return MovieDetails(**{**plain, **more})


def rich() -> MovieDetails:
    """A film of which everything is known, in two versions, half seen."""
    plain = film("The Harbour & the “Sea”", 1987)
    cut = MovieFile(
        named("cut"), "Cut.mkv", "Director's Cut", False, "matroska", 38_000_000_000, 2 * HOUR, 42_000_000,
        VideoTrack(0, "hevc", 3840, 2160, profile="Main 10", bit_depth=10, hdr="hdr10", frame_rate=24.0), (AudioTrack(1, "truehd", 8, 48_000),), (),
    )  # fmt: skip
    return film(
        plain.title, 1987, original_title="Havnen", released=date(1987, 2, 3), runtime_ms=2 * HOUR, overview="A ship <is> late.",
        tagline="Wait.", certification="FSK 12", collection="Harbours", genres=["Drama"], studios=["North"],
        people=[Person("Ida Sommer", "director"), Person("Tom Berg", "actor", "Keeper")], progress=Progress(HOUR, 2 * HOUR, watched=False),
        backdrop=Poster("/images/ticket/backdrop/1280.webp", BLURHASH), files=[*plain.files, cut],
    )  # fmt: skip


class Household:
    """Everything the pages ask for. Tests change its attributes before they look at a page."""

    def __init__(self) -> None:
        self.playing: list[NowPlaying] = []
        self.jobs: list[JobEntry] = []
        self.sources: list[SourceState] = []
        self.required = False
        self.code_needed = False
        self.locales: dict[UUID, str | None] = {}
        self.films = [rich(), film("Aurora", 2001), film("Über uns", None, poster=None, available=False)]
        scan = Scan(named("scan"), named("library"), "completed", 2143, 3, 2, 1, 4, 2143, NOW, NOW, NOW)
        self.libraries = [Library(named("library"), "Films", "movie", [Root("/media/films"), Root("/mnt/away", False)], 3, scan)]
        self.tickets = Tickets("a secret of at least thirty-two letters")
        self.left: list[Caller] = []
        self.entered: list[object] = []
        self.knocks = 0
        self.broken: Exception | None = None
        self.nodes = Overview(role="alone", leader="nas", term=1, has_quorum=True, nodes=[], leases=[], schedules=[], history=[])

    def application(self) -> web.Application:
        rooms = Rooms(
            tickets=self.tickets, doors=self, pace=self, wizard=Wizard(self), people=People(self), sign_ins=SignIns(), libraries=Libraries(self),
            films=Films(self), finder=Finder(self), watching=Watching(self), screens=Screens(self), tastes=Tastes(), nodes=Nodes(self), desk=Desk(self), loads=Loads(self), providers=Providers(self), parts=Parts("db.example:5432/revenge", "embedded"),
        )  # fmt: skip
        self.site = Site(rooms)
        app = web.Application()
        mount(app, self.site.endpoints(), Frame(authenticator=self, tickets=self.tickets, pages=self.site))
        self.site.prepare(app)
        return app

    def csrf(self, name: str) -> dict[str, str]:
        return {"X-CSRF-Token": self.tickets.derive("csrf", str(named(f"{name} session")))}

    async def authenticate(self, credential, via):
        if credential not in _ROLES:
            raise Unauthenticated("Nobody has this cookie.")
        return Caller(named(credential), named(f"{credential} session"), credential, _ROLES[credential], (named("library"),), via)

    async def of_session(self, session_id):
        raise Unauthenticated("Nobody comes by ticket here.")

    async def login(self, login, device):
        if login.password != "right horse":
            raise Unauthenticated("The name or the password is wrong.", code="wrong_credentials")
        return self.entry(login.username)

    async def logout(self, caller):
        self.left.append(caller)

    def entry(self, name):
        return Entered(person(name), Started(named("new session"), named(name), NOW + timedelta(days=30), "refresh"))

    def cookie(self, entered):
        return Stay(entered.user.username, 3600)

    def knock(self, place):
        self.knocks += 1
        if self.knocks > 5:
            raise TooMany("Too many requests from your address.", retry_after=7)


def person(name: str, locale: str | None = None) -> User:
    return User(named(name), name, f"{name}@example.org", name.title(), _ROLES.get(name, "admin"), locale, True, NOW, NOW)


class Part:
    """One room of the household."""

    def __init__(self, house: Household) -> None:
        self.house = house


class Wizard(Part):
    async def state(self, *, local):
        return SetupState(self.house.required, self.house.code_needed)

    async def finish(self, admin, device, *, local):
        if self.house.code_needed and admin.setup_code != "1234":
            raise Forbidden("Not the code.", code="setup_code_wrong")
        if len(admin.password) < 8:
            raise Invalid("password: choose at least 8 characters.", code="password_too_short", field="password")
        self.house.entered.append(admin)
        return self.house.entry(admin.username)


class People(Part):
    async def get(self, id):
        if self.house.broken is not None:
            raise self.house.broken
        name = next(name for name in _ROLES if named(name) == id)
        return person(name, self.house.locales.get(id))


class SignIns:
    async def of(self, caller):
        agents = [
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0 Safari/537.36", None),
            ("Mozilla/5.0 (Web0S) Chrome/94", "Lounge"),
            ("", None),
        ]
        return Page([Session(named(str(i)), NOW, name, "192.0.2.1", agent, NOW, NOW, i == 0) for i, (agent, name) in enumerate(agents)])


class Libraries(Part):
    async def list(self, caller):
        return self.house.libraries

    async def folders(self, path):
        if path != "/media":
            raise Invalid(f"{path} does not exist.", code="path_not_a_folder")
        return Folders("/media", "/", [Folder("films <old>", "/media/films <old>")])

    async def page_errors(self, id, query, caller):
        if id != named("scan"):
            absent("scan", id)
        return Page([ScanError("/media/films/<b>.mkv", "The file is cut off: 7 of 9 bytes are missing.", NOW, "cut_off")], "more")


class Films(Part):
    async def page(self, query, caller):
        begin = int(query.cursor or 0)
        cards = [MovieCard(f.id, f.title, f.year, f.available, f.poster, f.progress) for f in self.house.films]
        end = begin + query.limit
        return Page(cards[begin:end], str(end) if end < len(cards) else None)

    async def get(self, id, caller):
        return next((film for film in self.house.films if film.id == id), None) or absent("film", id)


class Screens(Part):
    async def now(self, query, caller):
        return Page([one for one in self.house.playing if caller.role == "admin" or one.user == caller.username])


class Nodes:
    """The nodes of the household."""

    def __init__(self, household: Household) -> None:
        self.household = household

    async def look(self) -> Overview:
        return self.household.nodes


class Providers(Part):
    @property
    def states(self):
        return self.house.sources


class Tastes:
    async def of(self, caller):
        return Preferences(subtitle_size=150)


def playing(user: str, **more) -> NowPlaying:
    """Somebody watches the rich film, on a television, with its sound encoded."""
    plain = {
        "id": named(f"{user} viewing"), "user": user, "device": Screen("Lounge", "", current=False), "item": ItemRef("movie", rich().id),
        "title": rich().title, "method": "transcode", "reasons": (Reason("audio_codec_unsupported", "audio", "The player cannot decode dts."),),
        "streams": (StreamWay("video", 0, "remux"), StreamWay("audio", 1, "transcode")), "state": "playing", "position_ms": HOUR,
        "duration_ms": 2 * HOUR, "started_at": NOW,
    }  # fmt: skip
    return NowPlaying(**{**plain, **more})


def job(key: str, state: str = "failed", **more) -> JobEntry:
    """A job that looks into files."""
    plain = {
        "id": named(key), "job": "library.probe", "queue": "library", "key": key, "state": state, "attempt": 2, "attempts": 2,
        "asked_at": NOW, "due_at": NOW, "started_at": None if state == "waiting" else NOW,
        "finished_at": None if state in ("waiting", "running") else NOW, "node": "nas", "error": "ValueError: <fire>" if state == "failed" else None,
        "done": None, "total": None, "cancelling": False,
    }  # fmt: skip
    return JobEntry(**{**plain, **more})


class Desk(Part):
    async def queues(self):
        waits = [Wait("watched", "While 2 people watch, none of these run.", 2), Wait("later", "1 failed.", 1)]
        return Queues(
            "nas",
            2,
            0.66,
            [
                QueueState("library", 2, 10, 2, 4, 17, 0, 1, NOW, None, [waits[0]]),
                QueueState("maintenance", 0, 5, 0, 0, 3, 1, 0, NOW, NOW, waits),
            ],
            ["tv.refresh"],
        )

    async def page(self, query):
        found = [one for one in self.house.jobs if query.state in (None, one.state)]
        return Page(found, "more" if found and query.cursor is None else None)

    async def get(self, id):
        entry = next((one for one in self.house.jobs if one.id == id), None) or absent("job", id)
        return JobDetails(entry, {"files": ["<a>"]})

    async def log(self, id, query):
        return Page([LogLine(NOW, 1, "warning", "It failed: <fire>")])


class Loads(Part):
    async def show(self, query):
        if query.node not in (None, "nas", "attic"):
            absent("node", query.node)
        samples = [
            Sample(
                NOW.timestamp() + 2 * n,
                {"stream": 1e6 * n, "interface": 2e4},
                {},
                n % 3,
                2,
                {"library": 2},
                {"library": n % 3},
                {"library": 9 - n},
            )
            for n in range(9)
        ]
        return Load(2000, ["attic", "nas"], query.node, samples)


class Finder(Part):
    async def find(self, query, caller):
        hits = [film for film in self.house.films if query.q.lower() in film.title.lower()]
        return Found([Group("movie", [ItemCard(f.id, "movie", f.title, f.year, f.poster) for f in hits[: query.limit]], len(hits))], 1)


class Watching(Part):
    async def continued(self, limit, caller):
        begun = [film for film in self.house.films if film.progress]
        return [
            Continued(ItemRef("movie", f.id), f.title, f.year, f.poster, f.progress.position_ms, f.progress.duration_ms, NOW) for f in begun
        ]
