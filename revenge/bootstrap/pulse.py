"""How this node is: what the others, and whoever looks after them, are told."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence

from revenge.infra.vitals import Seen, Vitals

_AFRESH = 60.0
"""Seconds between two looks at the folders: a disk that sleeps should not be woken for a page."""

Roots = Callable[[], Awaitable[Sequence[str]]]


class Looking:
    """Looks at this node."""

    def __init__(self, streams: Callable[[], int], jobs: Callable[[], int], applied: Callable[[], int], roots: Roots) -> None:
        self._streams, self._jobs, self._applied, self._roots = streams, jobs, applied, roots
        self._seen: list[Seen] = []
        self._at = -_AFRESH
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self) -> Vitals:
        """Return how it is; folders are those of the last look, since a dead network disk may hold one up for minutes."""
        if time.monotonic() - self._at > _AFRESH and (self._looking is None or self._looking.done()):
            self._at = time.monotonic()
            self._looking = asyncio.create_task(self._look(), name="look at the folders")
            await asyncio.wait([self._looking], timeout=1.0)
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        return Vitals(round(load, 2), self._streams(), self._jobs(), self._applied(), self._seen)

    async def _look(self) -> None:
        try:
            roots = await self._roots()
        except Exception:  # noqa: BLE001 - the database is away: what was seen last still tells most
            return
        self._seen = await asyncio.to_thread(lambda: [Seen(root, os.access(root, os.R_OK | os.X_OK)) for root in roots])
