"""A library of films that are text files: real folders and a real database, and a content room and a prober small enough to look into."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text

from revenge.core.caller import Caller
from revenge.core.errors import Unavailable
from revenge.core.events import Event, ItemAdded, ScanProgressed
from revenge.core.facts import MediaFacts, VideoTrack
from revenge.core.ids import ItemRef
from revenge.core.page import PageQuery
from revenge.infra.database import Database
from revenge.infra.database_settings import PoolSettings
from revenge.infra.jobs.account import Accounts
from revenge.infra.jobs.job import Body, JobContext
from revenge.infra.jobs.outbox import Outbox
from revenge.media.errors import MediaError
from revenge.media.probed import Outcome, Probed, ProbeFailed, Read
from revenge.services.library.entity import Identified, Kept, Library, NewLibrary, Scan, StoredFile
from revenge.services.library.module import LibraryModule
from revenge.services.library.service import Libraries


class Films:
    """Films by the words before the year; versions of one share an item."""

    kind = "movie"
    item_kinds: tuple[str, ...] = ("movie",)

    def __init__(self) -> None:
        self.items: dict[str, UUID] = {}
        self.indexed: list[UUID] = []
        self.enriched: list[UUID] = []
        self.settled: list[UUID] = []
        self.identified: list[str] = []

    def claims(self, path: PurePosixPath) -> bool:
        return path.suffix == ".mkv" and "sample" not in path.name

    def is_companion(self, name: str) -> bool:
        return PurePosixPath(name).suffix in {".nfo", ".srt"}

    def ignores(self, name: str) -> bool:
        return name.startswith(".")

    async def identify(self, files: Sequence[StoredFile]) -> list[Identified]:
        self.identified += [file.name for file in files]
        return [Identified(file.id, "Cut" if "cut" in file.name else None, file.name.partition(" (")[0]) for file in files]

    async def keep(self, db: Any, library_id: UUID, identified: Sequence[Identified]) -> list[Kept]:
        kept = []
        for one in identified:
            is_new = one.what not in self.items
            kept.append(Kept(one.file_id, ItemRef("movie", self.items.setdefault(one.what, uuid4())), one.what, is_new))
        return kept

    async def index(self, db: Any, ids: Sequence[UUID]) -> None:
        self.indexed += ids

    async def enrich(self, item: ItemRef) -> None:
        self.enriched.append(item.id)

    async def settle(self, db: Any, library_id: UUID) -> None:
        self.settled.append(library_id)


class Eyes:
    """Looks into text files: what begins with `broken` is, and a `recording` has keyframes only for whoever reads it all."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.fails: Exception | None = None
        self.most: int | None = None
        self.read: list[tuple[str, bytes | None]] = []
        self.busy = 0

    async def probe(self, paths: Sequence[Path | str], *, begin: float) -> list[Outcome]:
        if self.fails:
            raise self.fails
        looked = paths[: self.most]
        self.asked.update(Path(path).name for path in looked)
        return [self._look(Path(path)) for path in looked]

    async def read_on(self, path: Path | str, facts: MediaFacts, so_far: bytes | None, *, seconds: float, begin: float) -> Read:
        self.read.append((Path(path).name, so_far))
        if self.busy:
            self.busy -= 1
            raise Unavailable("The disk is busy.")
        if "unreadable" in Path(path).name:
            raise MediaError("It breaks off.")
        if "long" in Path(path).name and so_far != b"two":
            return Read(None, b"two" if so_far == b"one" else b"one", 10)
        return Read(b"keyframes" if "recording" in Path(path).name else None, None, facts.size)

    def _look(self, path: Path) -> Outcome:
        try:
            words = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ProbeFailed("The file cannot be opened: No such file or directory.", "closed")
        if words.startswith("broken"):
            return ProbeFailed("It is no media file that can be read.", "damaged")
        facts = MediaFacts("matroska", 1000 * len(words), len(words), video=VideoTrack(0, "h264", 640, 360))
        return Probed(facts, None if words.startswith("recording") else b"keyframes")


class House:
    """Libraries, and whoever does the jobs they ask for."""

    def __init__(self, database: Database, told: list[Event], folder: Path) -> None:
        self.database = database
        self.told = told
        self.folder = folder
        self.films, self.eyes = Films(), Eyes()
        self.accounts = Accounts(database, None)
        self.module = LibraryModule(database, {"movie": self.films}, self.eyes)
        self.libraries: Libraries = self.module.libraries
        self.jobs = {job.name: Body(job) for job in self.module.jobs()}
        self.caller = Caller(uuid4(), uuid4(), "ann", "admin", ())

    def put(self, path: str, words: str = "a film") -> Path:
        """Lay a file into the library's first folder."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(words, encoding="utf-8")
        return place

    async def library(self, *paths: Path, name: str = "Films") -> Library:
        made = await self.libraries.add(NewLibrary(name, "movie", [str(path) for path in paths or (self.folder,)]))
        self.caller = msgspec.structs.replace(self.caller, libraries=(*self.caller.libraries, made.id))
        return made

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.write() as db:
            result = await db.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def asked(self) -> list[tuple[UUID, str, str, str]]:
        """Jobs that wait: id, name, key and arguments."""
        rows = await self.sql("select id, job, key, args::text from shared.outbox where finished_at is null order by id")
        return [tuple(row) for row in rows]

    async def do(self, job: tuple[UUID, str, str, str], *, done: bool = True) -> None:
        """Do one job as a worker does it."""
        id, name, key, args = job
        await self.sql("update shared.outbox set started_at = now(), again = false where id = :id", id=id)
        await self.jobs[name].run(args, JobContext(id, key, 1, last=False, account=self.accounts))
        if done:
            await self.sql("update shared.outbox set finished_at = case when not again then now() end where id = :id", id=id)

    async def give_up(self, job: tuple[UUID, str, str, str]) -> None:
        """Do what a worker does with a job that has failed for good."""
        id, name, key, args = job
        gave_up = self.jobs[name].gave_up
        assert gave_up is not None
        await gave_up(args, JobContext(id, key, 3, last=True, account=self.accounts))
        await self.sql("update shared.outbox set finished_at = now(), failed = true where id = :id", id=id)

    async def work(self, *names: str) -> None:
        """Do jobs, of these names or all, until none waits."""
        while waiting := [job for job in await self.asked() if not names or job[1] in names]:
            for job in waiting:
                await self.do(job)

    async def scan(self, library: Library) -> Scan:
        """Scan, from the request to the last job."""
        scan = await self.libraries.scan(library.id, self.caller)
        await self.work()
        return await self.libraries.get_scan(scan.id, self.caller)

    async def errors(self, scan: Scan) -> list[tuple[str, str]]:
        found = await self.libraries.page_errors(scan.id, PageQuery(), self.caller)
        return [(one.path.removeprefix(f"{self.folder}/"), one.reason) for one in found.items]

    async def faults(self, scan: Scan) -> list[str]:
        """The errors of a scan, in one word each."""
        return [one.code for one in (await self.libraries.page_errors(scan.id, PageQuery(), self.caller)).items]

    async def files(self) -> dict[str, str]:
        """Files by path: `probed`, `new` or `failed`, and whether they are missing."""
        rows = await self.sql("select array_to_string(folder || name, '/'), state, missing_since is not null from shared.files")
        return {path: f"{state}, missing" if missing else state for path, state, missing in rows}

    @property
    def added(self) -> list[str]:
        return [event.title for event in self.told if isinstance(event, ItemAdded)]

    @property
    def states(self) -> list[str]:
        return [event.state for event in self.told if isinstance(event, ScanProgressed)]


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
async def database(database_url: str, told: list[Event]) -> AsyncIterator[Database]:
    async def publish(events: Sequence[Event]) -> None:
        told.extend(events)

    async with Database(database_url, PoolSettings(max_conns=5), Outbox(), publish).lifetime() as ready:
        yield ready


@pytest.fixture
def house(database: Database, told: list[Event], tmp_path: Path) -> House:
    (tmp_path / "films").mkdir()
    return House(database, told, tmp_path / "films")


def counts(scan: Scan) -> dict[str, int]:
    """The counts that are not zero."""
    names = ("found", "added", "changed", "removed", "failed", "done")
    return {name: value for name in names if (value := getattr(scan, name))}
