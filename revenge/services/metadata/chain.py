"""Where artwork comes from, and in which order: what lies beside the film first, then what we draw ourselves.

A source offers pictures for an item and makes one when it is wanted; it writes nothing and knows no other source. Another source is one
class and one line in `sources`.
"""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Protocol

from loguru import logger
from msgspec import Struct
from msgspec.structs import replace

from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.picture_sizes import Picture
from revenge.media.pictures import Pictures
from revenge.services.metadata.entity import MADE, Made, Origin, Role, Subject
from revenge.services.metadata.sidecars import sidecar_art

RECIPE = 1
"""Counts on when generated posters get another look: they are then drawn again at their item's next refresh."""


class Offer(Struct, frozen=True):
    """A picture that could be had."""

    origin: Origin
    made: Made
    make: Callable[[Qos], Awaitable[Picture]]
    """MediaError when it turns out to be no picture."""


class Source(Protocol):
    """Somebody who has pictures."""

    def offers(self, subject: Subject, role: Role) -> Iterator[Offer]:
        """Yield what there is for the item in this role, best first."""


def sources(pictures: Pictures) -> tuple[Source, ...]:
    """Everybody who has pictures, in the order in which they are asked."""
    return (SidecarArt(pictures), GeneratedArt(pictures))


class SidecarArt:
    """Pictures that lie beside the film."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def offers(self, subject: Subject, role: Role) -> Iterator[Offer]:
        """Yield the pictures beside each of the item's files."""
        for video in subject.videos:
            for file in sidecar_art(video, role):
                made = Made(f"{video.directory}/{file.name}", file.size, file.mtime_ns)
                yield self.offer(role, made)

    def offer(self, role: Role, made: Made) -> Offer:
        """The picture in that file."""

        async def make(qos: Qos) -> Picture:
            async with opened(str(made.path)) as fd:
                return await self._pictures.sizes(fd, MADE[role], qos=qos)

        return Offer("local", made, make)


class GeneratedArt:
    """Posters drawn from the title, over a frame of the film where there is one."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def offers(self, subject: Subject, role: Role) -> Iterator[Offer]:
        """Yield a poster; nothing is drawn for other roles."""
        if role != "poster":
            return
        video = max(subject.videos, key=lambda video: video.size, default=None)
        made = Made(title=subject.title, year=subject.year, recipe=RECIPE)
        yield self.offer(role, replace(made, path=video.path, size=video.size, mtime_ns=video.mtime_ns) if video else made)

    def offer(self, role: Role, made: Made) -> Offer:
        """The poster with that title."""

        async def make(qos: Qos) -> Picture:
            frame = await self._frame(made.path, qos) if made.path else None
            return await self._pictures.generated_poster(made.title or "", made.year, MADE[role], frame, qos=qos)

        return Offer("generated", made, make)

    async def _frame(self, path: str, qos: Qos) -> bytes | None:
        """A frame of the film; None where none can be had, since a poster without one is better than none."""
        try:
            async with opened(path) as fd:
                return await self._pictures.frame(fd, qos=qos)
        except MediaError as error:
            if error.cause == "start":
                raise
            logger.debug("No frame of {} for its poster: {}", path, error)
            return None


@asynccontextmanager
async def opened(path: str) -> AsyncIterator[int]:
    """The file's descriptor; MediaError when it is gone, may not be read, or is no file."""
    try:
        fd = await asyncio.to_thread(_open, path)
    except OSError as error:
        raise MediaError(f"The file cannot be opened: {error.strerror}.") from error
    try:
        yield fd
    finally:
        os.close(fd)


def _open(path: str) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe of that name must not hold us up
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(0, "it is no regular file")
    return fd
