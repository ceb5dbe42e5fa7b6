"""A settings file that is changed while the node runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from loguru import logger
from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.core.settings.describe import shown
from revenge.core.settings.fields import fields
from revenge.core.settings.loaded import Loaded

T = TypeVar("T", bound=Struct)
Listeners = Mapping[str, Callable[[Any], None]]
"""Who takes a new value, by the path of the setting: `{"server.bandwidth": pacing.set_limit}`."""


class Watcher(Generic[T]):
    """Looks at the file now and then, and hands the new values of `live` settings to who listens."""

    def __init__(self, loaded: Loaded[T], reload: Callable[[], Loaded[T]], listeners: Listeners, *, interval: float = 2.0) -> None:
        deaf = listeners.keys() - {field.path for field in fields(type(loaded.values)) if field.live}
        if deaf:
            raise ValueError(f"Not declared live: {', '.join(sorted(deaf))}.")
        self.loaded = loaded
        """What holds now: the settings of the start, with the live ones as the file has them."""
        self._reload = reload
        self._listeners = listeners
        self._interval = interval

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Watch while the block runs; without a file there is nothing to watch."""
        if self.loaded.file is None:
            yield
            return
        task = asyncio.create_task(self._watch(self.loaded.file), name="settings-watch")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self, file: Path) -> None:
        seen = await asyncio.to_thread(_state, file)
        while True:
            await asyncio.sleep(self._interval)
            state = await asyncio.to_thread(_state, file)
            if state != seen:
                seen = state
                await self.refresh()

    async def refresh(self) -> None:
        """Read the settings again; a file that is wrong changes nothing and is told in the log."""
        try:
            fresh = await asyncio.to_thread(self._reload)
        except StartRefused as refusal:
            logger.error("The changed settings are not taken: {}", refusal.detail)
            return
        for field in fields(type(fresh.values)):
            value = fresh.get(field.path)
            if value != self.loaded.get(field.path):
                self._changed(field.path, value, fresh, live=field.live)

    def _changed(self, path: str, value: Any, fresh: Loaded[T], *, live: bool) -> None:
        if not live:
            logger.warning("{} was changed in the settings; it needs a restart.", path)
            return
        self.loaded = self.loaded.having(path, value, fresh.origin(path))
        logger.info("{} is now {}.", path, shown(value))
        with logger.catch(message=f"{path} could not be applied"):  # a watch that ends would hide every later change
            self._listeners.get(path, _ignore)(value)


def _ignore(_: Any) -> None:
    """Nobody listens to this one: it is read where it is needed."""


def _state(file: Path) -> tuple[int, int, int] | None:
    """What changes when the file does; None while it is away, as some editors leave it for a moment."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
