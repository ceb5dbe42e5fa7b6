"""Which encoder makes the pictures of this node: a graphics card's where a real encode has shown that it works, else libx264."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from loguru import logger
from msgspec import Struct

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.pool import Pool

USUAL = "libx264"
ENGINES = {"h264_nvenc": "NVIDIA", "h264_qsv": "Intel", "h264_amf": "AMD", "h264_vaapi": "VA-API", "h264_v4l2m2m": "V4L2"}
"""Encoders that are tried, in this order, and whose they are."""
DEVICES = ("dri/renderD*", "nvidia[0-9]*", "video1[0-9]")
"""Where in `/dev` they are to be found; a machine without any is not tried."""
_ATTEMPT = "revenge.media.child.engine:attempt"
_ATTEMPT_S = 20.0
_FAILURES = 3
"""Failures in a row after which an encoder is used no more until the node starts again."""


class Attempt(Struct, frozen=True):
    """How a trial went; without a reason it went well."""

    engine: str
    seconds: float | None = None
    reason: str | None = None


async def attempts(pool: Pool, engines: Sequence[str] = tuple(ENGINES)) -> AsyncIterator[Attempt]:
    """Try encoder after encoder with a real encode."""
    for engine in engines:
        try:
            yield Attempt(engine, await pool.run(_ATTEMPT, engine, result=float, timeout=_ATTEMPT_S, qos=Qos.BACKGROUND))
        except MediaError as error:
            yield Attempt(engine, reason=error.detail)


def devices() -> list[str]:
    """Device files of encoders on this machine."""
    return sorted(str(found) for pattern in DEVICES for found in Path("/dev").glob(pattern))


class Engines:
    """The encoder in use, and the pool whose children may reach it."""

    def __init__(self, pool: Pool, engines: Sequence[str] = tuple(ENGINES), look: Callable[[], Sequence[str]] = devices) -> None:
        self.pool = pool
        self.current: str | None = None
        """The encoder that was shown to work; None leaves everything to libx264."""
        self._engines, self._look = engines, look
        self._failed = 0

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator["Engines"]:
        """Look for an encoder in the background; pictures that are wanted meanwhile are libx264's."""
        task = asyncio.create_task(self._find(), name="try encoders") if self._look() else None
        try:
            yield self
        finally:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _find(self) -> None:
        with suppress(Unavailable):  # the node is stopping
            async for attempt in attempts(self.pool, self._engines):
                if attempt.reason is None:
                    logger.info("Pictures are encoded by {}: a trial took {:.2f} s.", attempt.engine, attempt.seconds)
                    self.current = attempt.engine
                    return
                logger.info("{} is not used: {}", attempt.engine, attempt.reason)

    def went(self, well: bool) -> None:
        """Take note of how a piece went; one that fails again and again is given up."""
        self._failed = 0 if well else self._failed + 1
        if self._failed >= _FAILURES and self.current is not None:
            logger.warning("{} failed {} times in a row; pictures are encoded by {} from now on.", self.current, self._failed, USUAL)
            self.current = None
