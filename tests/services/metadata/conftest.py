"""Artwork on a real database and a real folder; pictures are made in this process, which is quicker than starting children."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID, uuid4

import pytest
import pyvips
from msgspec import Struct
from sqlalchemy import text

from revenge.core.caller import Caller
from revenge.core.ids import ItemRef
from revenge.core.tickets import Tickets
from revenge.infra.database import Database
from revenge.media import images
from revenge.media.pictures import Pictures
from revenge.services.metadata.entity import Subject
from revenge.services.metadata.module import MetadataModule
from tests.fixtures.media import tiny_video

SECRET = "a secret of thirty-two characters"


class InProcess:
    """A pool without processes; it counts what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(self, function: str, *args: Any, fds: Sequence[int] = (), **_: Any) -> Any:
        module, _, name = function.partition(":")
        self.asked.append(name)
        found = getattr(import_module(module), name)
        return await asyncio.to_thread(lambda: found(*args, fds=list(fds)) if fds else found(*args))


class Beside(Struct):
    name: str
    size: int
    mtime_ns: int


class Video(Struct):
    """A video as a library knows it."""

    root: Path
    relative: PurePosixPath

    @property
    def name(self) -> str:
        return self.relative.name

    @property
    def path(self) -> str:
        return str(self.root / self.relative)

    @property
    def directory(self) -> str:
        return str((self.root / self.relative).parent)

    @property
    def size(self) -> int:
        return Path(self.path).stat().st_size

    @property
    def mtime_ns(self) -> int:
        return Path(self.path).stat().st_mtime_ns

    @property
    def companions(self) -> list[Beside]:
        files = [file for file in Path(self.directory).iterdir() if file.name != self.name]
        return [Beside(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


def draw(path: Path, width: int = 400, height: int = 600, colour: Sequence[int] = (200, 40, 90)) -> Path:
    """Write a picture of one colour."""
    plain = pyvips.Image.black(width, height).new_from_image(list(colour)).copy(interpretation="srgb")
    path.write_bytes(plain.write_to_buffer(path.suffix))
    return path


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    images.warm()


@pytest.fixture
def pool() -> InProcess:
    return InProcess()


@pytest.fixture
async def library_id(database: Database) -> UUID:
    """A library that lists its items."""
    async with database.write() as db:
        return (await db.execute(text("insert into shared.libraries (name, kind) values ('Films', 'movie') returning id"))).scalar_one()


class Guests:
    """Who holds which login session."""

    def __init__(self, *callers: Caller) -> None:
        self.callers = {caller.session_id: caller for caller in callers}

    async def of_session(self, session_id: UUID) -> Caller:
        return self.callers[session_id]


@pytest.fixture
def viewer(library_id: UUID) -> Caller:
    """Somebody who may see the library."""
    return Caller(uuid4(), uuid4(), "ann", "user", (library_id,))


@pytest.fixture
def outsider() -> Caller:
    """Somebody who may see other libraries."""
    return Caller(uuid4(), uuid4(), "bob", "user", (uuid4(),))


@pytest.fixture
def tickets() -> Tickets:
    return Tickets(SECRET)


@pytest.fixture
def room(database: Database, tmp_path: Path, pool: InProcess, tickets: Tickets, viewer: Caller, outsider: Caller) -> MetadataModule:
    return MetadataModule(database, tmp_path / "artwork", Pictures(pool, pool), tickets, Guests(viewer, outsider))


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A library's folder."""
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


@pytest.fixture
def inception(films: Path, library_id: UUID) -> Subject:
    """A film in a folder of its own, with nothing beside it."""
    tiny_video(films / "Inception (2010)" / "Inception (2010).mkv")
    video = Video(films, PurePosixPath("Inception (2010)/Inception (2010).mkv"))
    return Subject(ItemRef("movie", uuid4()), library_id, "Inception", 2010, [video])
