"""Whether the node lives, is ready, has started; and which of its dependencies work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from time import perf_counter
from typing import Literal

from loguru import logger
from msgspec import Struct

from revenge.core.clock import now
from revenge.core.errors import RevengeError
from revenge.infra.metrics import Metrics

_SOONEST = 1.0
"""Seconds between two looks at a dependency that does not work, however often somebody asks."""
_ANSWER_WITHIN = 4.0
"""Seconds a readiness question may wait for such a look; who asks gives up after five."""

State = Literal["healthy", "unhealthy", "unknown"]


class Check(Struct, frozen=True):
    """How to see that a dependency works: PostgreSQL every 30 s, the shared store every 10, search every 30, job workers every 60."""

    name: str
    run: Callable[[], Awaitable[object]]
    """Returns when it works, raises when it does not."""
    interval: float
    """Seconds between two looks."""
    timeout: float = 3.0
    """Seconds after which no answer counts as failure."""
    critical: bool = False
    """Whether nothing can be answered without it; without the others the node answers less well."""


class CheckReport(Struct, frozen=True, omit_defaults=True):
    """What is known about one dependency."""

    name: str
    status: State
    critical: bool
    checked_at: datetime | None
    duration_ms: int | None
    detail: str | None = None
    """Why it does not work, without addresses or secrets: strangers may read this."""


class Report(Struct, frozen=True):
    """What a probe is told."""

    status: Literal["ok", "degraded", "failing", "starting", "draining", "stopping"]
    checks: list[CheckReport]

    @property
    def good(self) -> bool:
        """Whether requests should be sent here."""
        return self.status in ("ok", "degraded")


class Health:
    """Looks at the dependencies now and then, and remembers what it saw."""

    def __init__(self, checks: Iterable[Check], metrics: Metrics) -> None:
        self._watched = [_Watched(check, metrics) for check in checks]
        self._phase: Literal["starting", "running", "stopping"] = "starting"
        self._aside = False

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Look at everything once, then each at its interval, as long as the block lasts."""
        async with asyncio.TaskGroup() as first:
            for watched in self._watched:
                first.create_task(watched.look())
        tasks = [asyncio.create_task(watched.keep_looking(), name=f"health {watched.check.name}") for watched in self._watched]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def started(self) -> None:
        """The node has come up: say so from now on."""
        self._phase = "running"

    def stopping(self) -> None:
        """The node is going down: nobody should send it anything new."""
        self._phase = "stopping"

    async def stand_aside(self, aside: bool) -> None:
        """Nobody should send anything new here for a while, or one should again; what comes all the same is answered."""
        self._aside = aside

    @property
    def failing(self) -> list[str]:
        """Names of the dependencies that did not work when they were last looked at."""
        return [watched.check.name for watched in self._watched if watched.state == "unhealthy"]

    def suspect(self, name: str) -> None:
        """Look at a dependency now, and before the next answer: somebody has just seen it fail."""
        for watched in self._watched:
            if watched.check.name == name and watched.state != "unhealthy":
                watched.suspected = True
                watched.wake.set()

    def startup(self) -> Report:
        """Whether the first start is complete."""
        report = self._report()
        return Report("starting", report.checks) if self._phase == "starting" else report

    async def ready(self) -> Report:
        """Whether requests should come here. What did not work lately is looked at again, so that loss and recovery are noticed at once."""
        looks = [asyncio.create_task(watched.look_again()) for watched in self._watched if watched.suspected or watched.state != "healthy"]
        if looks:
            await asyncio.wait(looks, timeout=_ANSWER_WITHIN)
        report = self._report()
        if self._phase != "running":
            return Report(self._phase, report.checks)
        return Report("draining", report.checks) if self._aside else report

    def _report(self) -> Report:
        reports = [watched.report() for watched in self._watched]
        bad = [report for report in reports if report.status != "healthy"]
        failing = any(report.critical for report in bad)
        return Report("failing" if failing else "degraded" if bad else "ok", reports)


class _Watched:
    """One dependency and what was seen of it."""

    def __init__(self, check: Check, metrics: Metrics) -> None:
        self.check = check
        self.wake = asyncio.Event()
        self.state: State = "unknown"
        self.suspected = False
        """Whether somebody has seen it fail since the last look began."""
        self._metrics = metrics
        self._detail: str | None = None
        self._at: datetime | None = None
        self._took: float | None = None
        self._looking: asyncio.Task[None] | None = None

    async def keep_looking(self) -> None:
        """Look at every interval, sooner when woken."""
        while True:
            try:
                async with asyncio.timeout(self.check.interval):
                    await self.wake.wait()
            except TimeoutError:
                pass
            self.wake.clear()
            await self.look()

    async def look_again(self) -> None:
        """Look, unless that was done a moment ago."""
        if self.suspected or self._at is None or (now() - self._at).total_seconds() >= _SOONEST:
            await self.look()
        if self.suspected:  # that look had begun before
            await self.look()

    async def look(self) -> None:
        """Look once; who asks meanwhile waits for the same look."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    def report(self) -> CheckReport:
        """What is known."""
        took = None if self._took is None else round(self._took * 1000)
        return CheckReport(self.check.name, self.state, self.check.critical, self._at, took, self._detail)

    async def _look(self) -> None:
        began = perf_counter()
        detail, self.suspected = None, False
        try:
            async with asyncio.timeout(self.check.timeout):
                await self.check.run()
        except Exception as error:  # noqa: BLE001 - whatever it raises means that it does not work
            detail = self._say(error)
        self._took, self._at = perf_counter() - began, now()
        self._tell(detail)

    def _say(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self.check.timeout:g} s"
        logger.debug("Health check {}: {!r}", self.check.name, error)
        return error.detail if isinstance(error, RevengeError) else f"does not work ({type(error).__name__})"

    def _tell(self, detail: str | None) -> None:
        """Remember and count; only a change is worth a line in the log."""
        state: State = "healthy" if detail is None else "unhealthy"
        if state != self.state and (state, self.state) != ("healthy", "unknown"):
            logger.log("INFO" if state == "healthy" else "WARNING", "{} is {}{}", self.check.name, state, f": {detail}" if detail else "")
        self.state, self._detail = state, detail
        self._metrics.check_status.labels(self.check.name).set(state == "healthy")
        self._metrics.check_duration.labels(self.check.name).observe(self._took or 0)
