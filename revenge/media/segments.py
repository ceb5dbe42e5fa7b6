"""Segments kept on disk for a while, so that two viewers, or one who jumps back, cost one rendering.

The folder never holds more than its quota: what is longest unused goes before something new is written, and what cannot fit is refused.
"""

import asyncio
import contextlib
import errno
import hashlib
import importlib.metadata
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from revenge.core.errors import Unavailable
from revenge.core.facts import SubtitleTrack
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.hls import stamped
from revenge.media.muxed import Muxed
from revenge.media.orders import INIT
from revenge.media.plan import bounds
from revenge.media.render import Renderer
from revenge.media.rendition import Rendition, Source
from revenge.media.subtitles import Subtitles

_IN_USE_S = 20.0
"""Seconds after its last use in which a file is not taken away: somebody is sending it."""
_LONG_AGO = float("-inf")
_VERSION = f"2 av-{importlib.metadata.version('av')}"
"""Part of every name: another encoder library may write other headers, and segments of both would not fit together."""


class Segments:
    """The segment cache of one node."""

    def __init__(self, renderer: Renderer, subtitles: Subtitles, folder: Path, quota: int, *, ahead: bool = True) -> None:
        """`quota` in bytes. `ahead`: after a transcoded segment the next one is made before it is asked for, if a child is free."""
        self._renderer, self._subtitles = renderer, subtitles
        self._folder, self._quota = folder, quota
        self._ahead = ahead
        self._files: OrderedDict[Path, tuple[int, float]] = OrderedDict()  # size and last use, longest unused first
        self._used = 0
        self._flights: dict[Path, _Flight] = {}
        self._extra: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator["Segments"]:
        """Take over what an earlier run left, up to the quota; half-written files go."""
        found = await asyncio.to_thread(_left_over, self._folder)
        for path, size in found:
            self._files[path] = (size, _LONG_AGO)
            self._used += size
        await self._make_room(0)
        try:
            yield self
        finally:
            tasks = [*self._extra, *(flight.task for flight in self._flights.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def used(self) -> int:
        """Bytes on disk."""
        return self._used

    async def init(self, source: Source, rendition: Rendition) -> Path:
        """The file of the initialisation segment."""
        return await self._get(self._path(source, rendition.name, "init.mp4"), lambda qos: self._renderer.init(source, rendition, qos=qos))

    async def segment(self, source: Source, rendition: Rendition, number: int) -> Path:
        """The file of one segment. It stays for at least some seconds: open it soon.

        NotFound: no such stream or segment. MediaError: it cannot be made. Unavailable: no space, or the node is stopping.
        """
        path = await self._get(self._segment_path(source, rendition, number), self._maker(source, rendition, number))
        if self._ahead and not rendition.copies and number != INIT:
            self._look_ahead(source, rendition, number + 1)
        return path

    async def muxed(self, source: Source, muxed: Muxed, number: int) -> Path:
        """The file of one segment of a transport stream; errors as those of `segment`."""

        async def make(qos: Qos) -> bytes:
            parts = [await self.init(source, muxed.video), await self.segment(source, muxed.video, number)]
            picture = b"".join([await asyncio.to_thread(part.read_bytes) for part in parts])
            return await self._renderer.muxed(source, muxed, number, picture, qos=qos)

        return await self._get(self._path(source, muxed.name, f"{number}.ts"), make)

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
        return lambda qos: self._renderer.segment(source, rendition, number, qos=qos)

    def _segment_path(self, source: Source, rendition: Rendition, number: int) -> Path:
        return self._path(source, rendition.name, f"{number}.m4s")

    def _path(self, source: Source, rendition: str, name: str) -> Path:
        folder = hashlib.sha256(f"{_VERSION}\n{source.key}\n{rendition}".encode()).hexdigest()[:32]
        return self._folder / folder / name

    async def _get(self, path: Path, make: Callable[[Qos], Awaitable[bytes]], qos: Qos = Qos.STREAM) -> Path:
        """The file, made once however many ask; the making stops when nobody waits for it any more."""
        if path in self._files and await asyncio.to_thread(path.exists):
            self._touch(path)
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
        data = await make(qos)
        self._forget(path)
        await self._make_room(len(data))
        self._used += len(data)
        try:
            await asyncio.to_thread(_write, path, data)
        except OSError as error:
            self._used -= len(data)
            raise _no_space(error.strerror or str(error)) from error
        except BaseException:
            self._used -= len(data)
            raise
        self._files[path] = (len(data), time.monotonic())
        return path

    def _touch(self, path: Path) -> None:
        size, _ = self._files[path]
        self._files[path] = (size, time.monotonic())
        self._files.move_to_end(path)

    def _forget(self, path: Path) -> None:
        size, _ = self._files.pop(path, (0, _LONG_AGO))
        self._used -= size

    async def _make_room(self, size: int) -> None:
        """Remove what is longest unused until so many bytes more fit; Unavailable when too much is in use."""
        gone: list[Path] = []
        horizon = time.monotonic() - _IN_USE_S
        while self._used + size > self._quota:
            path, (_, used_at) = next(iter(self._files.items()), (None, (0, _LONG_AGO)))
            if path is None or used_at > horizon:
                break
            self._forget(path)
            gone.append(path)
        if gone:
            await asyncio.to_thread(_remove, gone)
        if self._used + size > self._quota:
            raise _no_space("its quota is used up by what is being watched")

    def _look_ahead(self, source: Source, rendition: Rendition, number: int) -> None:
        path = self._segment_path(source, rendition, number)
        if not self._renderer.has_room:  # who asks for it meanwhile would wait with the background work
            return
        if path in self._files or path in self._flights or number >= len(bounds(source, rendition)) - 1:
            return

        async def make() -> None:
            with contextlib.suppress(MediaError, Unavailable):
                await self._get(path, self._maker(source, rendition, number), Qos.BACKGROUND)

        task = asyncio.create_task(make())
        self._extra.add(task)
        task.add_done_callback(self._extra.discard)


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


def _no_space(why: str) -> Unavailable:
    return Unavailable(f"There is no room for temporary files: {why}.", code="no_space", retry_after=30)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
            path.parent.rmdir()


def _left_over(folder: Path) -> list[tuple[Path, int]]:
    """Whole files of an earlier run, longest unused first."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[tuple[float, Path, int]] = []
    for path in folder.glob("*/*"):
        try:
            if path.suffix == ".part":
                path.unlink()
                continue
            about = path.stat()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EACCES):
                continue
            raise
        found.append((about.st_mtime, path, about.st_size))
    return [(path, size) for _, path, size in sorted(found)]
