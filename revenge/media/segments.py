"""Segments kept on disk for a while, so that two viewers, or one who jumps back, cost one rendering.

What is encoded is made a little ahead of its viewers, and no further.
"""

import asyncio
import hashlib
import importlib.metadata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from revenge.core.errors import Unavailable
from revenge.core.facts import SubtitleTrack
from revenge.core.qos import Qos
from revenge.media.capacity import pace
from revenge.media.errors import MediaError
from revenge.media.heads import Playheads
from revenge.media.hls import stamped
from revenge.media.kept import Kept
from revenge.media.muxed import Muxed
from revenge.media.plan import bounds
from revenge.media.render import Renderer
from revenge.media.rendition import Rendition, Source
from revenge.media.subtitles import Subtitles

_VERSION = f"2 av-{importlib.metadata.version('av')}"
"""Part of every name: another encoder library may write other headers, and segments of both would not fit together."""


class Segments:
    """The segment cache of one node."""

    def __init__(self, renderer: Renderer, subtitles: Subtitles, folder: Path, quota: int, *, ahead: bool = True) -> None:
        """`quota` in bytes. `ahead`: after a transcoded segment the next ones are made before they are asked for, if a child is free."""
        self._renderer, self._subtitles = renderer, subtitles
        self._heads = Playheads()
        self._kept = Kept(folder, quota, self._heads.worth)
        self._ahead = ahead
        self._flights: dict[Path, _Flight] = {}
        self._extra: dict[Path, tuple[asyncio.Task[bool], Path]] = {}
        """What is made ahead for each rendition's folder, and which file that is."""

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator["Segments"]:
        """Take over what an earlier run left, up to the quota; half-written files go."""
        await self._kept.take_over()
        try:
            yield self
        finally:
            self._ahead = False
            tasks = [*(task for task, _ in self._extra.values()), *(flight.task for flight in self._flights.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def used(self) -> int:
        """Bytes on disk."""
        return self._kept.used

    async def init(self, source: Source, rendition: Rendition) -> Path:
        """The file of the initialisation segment."""
        return await self._get(self._path(source, rendition.name, "init.mp4"), lambda qos: self._renderer.init(source, rendition, qos=qos))

    async def segment(self, source: Source, rendition: Rendition, number: int) -> Path:
        """The file of one segment. It stays for at least some seconds: open it soon.

        NotFound: no such stream or segment. MediaError: it cannot be made. Unavailable: no space, or the node is stopping.
        """
        path = self._segment_path(source, rendition, number)
        self._heads.ask(path.parent, number)
        self._leave_behind(path.parent)
        made = await self._get(path, self._maker(source, rendition, number))
        if not rendition.copies:
            self._look_ahead(source, rendition, path.parent)
        return made

    async def muxed(self, source: Source, muxed: Muxed, number: int) -> Path:
        """The file of one segment of a transport stream; errors as those of `segment`."""

        async def make(qos: Qos) -> bytes:
            parts = [await self.init(source, muxed.video), await self.segment(source, muxed.video, number)]
            picture = b"".join([await asyncio.to_thread(part.read_bytes) for part in parts])
            return await self._renderer.muxed(source, muxed, number, picture, qos=qos)

        path = self._path(source, muxed.name, f"{number}.ts")
        self._heads.ask(path.parent, number)
        return await self._get(path, make)

    async def webvtt(self, source: Source, track: SubtitleTrack, *, for_playlist: bool) -> Path:
        """The file of a subtitle as WebVTT; the playlist's form also says where its clock starts."""

        async def make(qos: Qos) -> bytes:
            plain = await self._subtitles.webvtt(source, track, qos=qos)
            return stamped(plain) if for_playlist else plain

        name = f"s{track.index}-{track.path or ''}-{int(for_playlist)}"
        return await self._get(self._path(source, name, "all.vtt"), make)

    async def drawn(self, source: Source, track: SubtitleTrack) -> Path:
        """The file of subtitles that are pictures."""
        return await self._get(self._path(source, f"s{track.index}", "all.sup"), lambda qos: self._subtitles.drawn(source, track, qos=qos))

    async def styled(self, source: Source, track: SubtitleTrack) -> Path:
        """The file of subtitles with their own look."""
        path = self._path(source, f"s{track.index}-{track.path or ''}", "all.ass")
        return await self._get(path, lambda qos: self._subtitles.styled(source, track, qos=qos))

    async def fonts(self, source: Source) -> list[str]:
        """Names of the fonts that came with the film; a font's number is its place."""
        return await self._subtitles.fonts(source)

    async def font(self, source: Source, number: int) -> Path:
        """The file of one of them."""
        return await self._get(self._path(source, "fonts", str(number)), lambda qos: self._subtitles.font(source, number, qos=qos))

    def _maker(self, source: Source, rendition: Rendition, number: int) -> Callable[[Qos], Awaitable[bytes]]:
        async def make(qos: Qos) -> bytes:
            if rendition.kind == "video" and not rendition.copies and qos < Qos.BACKGROUND:
                self._renderer.capacity.admit(source.key, pace(source, rendition))
            return await self._renderer.segment(source, rendition, number, qos=qos)

        return make

    def _segment_path(self, source: Source, rendition: Rendition, number: int) -> Path:
        return self._path(source, rendition.name, f"{number}.m4s")

    def _path(self, source: Source, rendition: str, name: str) -> Path:
        folder = hashlib.sha256(f"{_VERSION}\n{source.key}\n{rendition}".encode()).hexdigest()[:32]
        return self._kept.folder / folder / name

    async def _get(self, path: Path, make: Callable[[Qos], Awaitable[bytes]], qos: Qos = Qos.STREAM) -> Path:
        """The file, made once however many ask; the making stops when nobody waits for it any more."""
        if await self._kept.has(path):
            return path
        flight = self._flights.get(path)
        if flight is None or flight.given_up:
            flight = self._flights[path] = _Flight(asyncio.create_task(self._produce(path, make, qos)))
            flight.task.add_done_callback(lambda _: self._landed(path))
        return await flight.wait()

    def _landed(self, path: Path) -> None:
        if path in self._flights and self._flights[path].task.done():
            del self._flights[path]

    async def _produce(self, path: Path, make: Callable[[Qos], Awaitable[bytes]], qos: Qos) -> Path:
        await self._kept.keep(path, await make(qos))
        return path

    def _leave_behind(self, folder: Path) -> None:
        """Stop making ahead what nobody comes by any more: its viewer has jumped elsewhere."""
        if folder in self._extra:
            task, path = self._extra[folder]
            if self._heads.worth(path) is not None:
                task.cancel()
                del self._extra[folder]

    def _look_ahead(self, source: Source, rendition: Rendition, folder: Path) -> None:
        """Make the next segment that will be asked for and is not there, and when it is, the one after it."""
        if (
            not self._ahead or folder in self._extra or not self._renderer.has_room
        ):  # who asks for it meanwhile would wait with the background work
            return
        count = len(bounds(source, rendition)) - 1
        lacking = (number for number in self._heads.wanted(folder) if number < count and not self._comes(folder / f"{number}.m4s"))
        if (number := next(lacking, None)) is None:
            return

        async def make(path: Path) -> bool:
            try:
                await self._get(path, self._maker(source, rendition, number), Qos.BACKGROUND)
            except (MediaError, Unavailable):  # whoever asks for it is told
                return False
            return True

        path = folder / f"{number}.m4s"
        task = asyncio.create_task(make(path))
        self._extra[folder] = task, path
        task.add_done_callback(lambda done: self._go_on(done, source, rendition, folder))

    def _go_on(self, done: "asyncio.Task[bool]", source: Source, rendition: Rendition, folder: Path) -> None:
        if folder in self._extra and self._extra[folder][0] is done:
            del self._extra[folder]
            if not done.cancelled() and done.exception() is None and done.result():
                self._look_ahead(source, rendition, folder)

    def _comes(self, path: Path) -> bool:
        return path in self._kept or path in self._flights


class _Flight:
    """A file being made, and how many wait for it."""

    def __init__(self, task: "asyncio.Task[Path]") -> None:
        self.task = task
        self.given_up = False
        self._waiting = 0

    async def wait(self) -> Path:
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self.given_up = True
                self.task.cancel()
