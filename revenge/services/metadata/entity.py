"""What artwork is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

from revenge.core.ids import ItemRef

Role = Literal["poster", "backdrop"]
Origin = Literal["local", "generated"]

WIDTHS: tuple[int, ...] = (180, 342, 780, 1280)
"""Widths in pixels in which a picture can be asked for."""
MADE: Mapping[Role, tuple[int, ...]] = {"poster": (180, 342, 780), "backdrop": (342, 780, 1280)}
"""Widths in which pictures of a role are kept; for another one the nearest is sent."""


class Poster(Struct, frozen=True):
    """A picture of an item, as a page shows it."""

    url: str
    """Root-relative; it holds for a day and for this login. It ends in `/<width>.webp`: any other of `WIDTHS` may stand there."""
    blurhash: str
    """What to show until the picture is there."""


Show = Callable[[UUID | None, str | None], Poster | None]
"""Takes a picture's id and BlurHash and gives what to show; None without an id."""


class Made(Struct, frozen=True):
    """What a picture was made from: while this stays the same, the picture does."""

    path: str | None = None
    """The picture's own file, or the film a frame was taken from."""
    size: int | None = None
    mtime_ns: int | None = None
    title: str | None = None
    """What a generated poster says."""
    year: int | None = None
    recipe: int = 1
    """Counts on when pictures made the same way would look different."""


class Art(Struct, frozen=True):
    """A stored picture. A changed picture is a new one with a new id, so that what is under an id never changes."""

    id: UUID
    library_id: UUID
    item_kind: str
    item_id: UUID
    role: Role
    origin: Origin
    path: str | None
    size: int | None
    mtime_ns: int | None
    title: str | None
    year: int | None
    recipe: int
    digest: str
    """Names its files: 32 hex digits."""
    width: int
    height: int
    """Pixels of the original."""
    blurhash: str

    @property
    def made(self) -> Made:
        """What it was made from."""
        return Made(self.path, self.size, self.mtime_ns, self.title, self.year, self.recipe)


class Beside(Protocol):
    """A file that lies beside a video."""

    @property
    def name(self) -> str:
        """File name."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def mtime_ns(self) -> int:
        """Time of the last change, in nanoseconds."""


class Video(Beside, Protocol):
    """A video file of an item, as its library knows it."""

    @property
    def path(self) -> str:
        """Absolute path."""

    @property
    def directory(self) -> str:
        """The absolute folder it lies in."""

    @property
    def relative(self) -> PurePosixPath:
        """Its path below the library's folder."""

    @property
    def companions(self) -> Sequence[Beside]:
        """What lies beside it in the same folder."""


class Subject(Struct, frozen=True):
    """An item that pictures are wanted for."""

    item: ItemRef
    library_id: UUID
    title: str
    year: int | None
    videos: Sequence[Video]
    """Its files that can be seen now."""


class Chosen(Struct, frozen=True):
    """An item's pictures."""

    poster: Art | None = None
    backdrop: Art | None = None


def nearest(role: Role, width: int) -> int:
    """The width to send when this one is asked for: the next larger one that is kept, else the largest."""
    made = MADE[role]
    return min((kept for kept in made if kept >= width), default=max(made))
