"""Tags whose copies are stale, to every node, in the order of the log. A second carrier behind the program's own bus."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from cluster.errors import NoQuorum, Unknown
from cluster.ports import Replicated
from cluster.table import Operation

GATHER = 0.05
"""Seconds in which tags are gathered into one line of the log."""
AT_MOST = 64
"""Tags in a line. Whoever has more names their library."""

Drop = Callable[[Sequence[str] | None], None]
"""Called in the event loop with the tags to drop, or None: drop everything, something was missed."""


class Invalidations:
    """Gathers, sends, and passes on."""

    def __init__(self, log: Replicated) -> None:
        self._log = log
        self._listeners: list[Drop] = []
        self._gathered: dict[str, None] = {}
        self._sending: asyncio.Task[None] | None = None

    def listen(self, drop: Drop) -> None:
        """Hear of every tag from now on."""
        self._listeners.append(drop)

    def publish(self, tags: Sequence[str]) -> None:
        """Tell every node, this one too; to be called in the event loop, after the change they are about is final."""
        self._gathered.update(dict.fromkeys(tags))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send())

    def heard(self, operation: Operation) -> None:
        """Something happened in the log; to be called in the event loop."""
        if operation["op"] == "drop":
            self._tell([str(tag) for tag in operation.get("tags", [])])
        elif operation["op"] == "snapshot":
            self._tell(None)

    async def _send(self) -> None:
        while self._gathered:
            await asyncio.sleep(GATHER)
            tags = list(self._gathered)[:AT_MOST]
            for tag in tags:
                del self._gathered[tag]
            with suppress(NoQuorum, Unknown):  # the bus carries them too; copies end by themselves within a minute
                await self._log.propose({"op": "drop", "tags": tags})

    def _tell(self, tags: Sequence[str] | None) -> None:
        for drop in self._listeners:
            drop(tags)

    async def close(self) -> None:
        """Stop sending."""
        if self._sending:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
