"""Who leads, as a node may act on it."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

from msgspec import Struct

from cluster.ports import Epochs

log = logging.getLogger(__name__)
AGAIN = 1.0
"""Seconds before the database is asked again for a number it did not give."""
REMEMBERED = 100
"""Reigns that are kept for whoever looks for trouble."""


class Reign(Struct, frozen=True):
    """A moment of the cluster's history, as this node saw it."""

    leader: str | None
    """Node id of who leads, where one does."""
    term: int
    has_quorum: bool
    token: int | None = None
    """The fencing token of this node's own leadership; None while another leads, or nobody."""


class Leadership:
    """Says who leads and tells when that changes. This node acts as leader only with a token, and only while `token` returns it."""

    def __init__(self, epochs: Epochs, leads: Callable[[], bool]) -> None:
        """`leads` says whether this node leads at this very moment, by its own clock."""
        self.reign = Reign(None, 0, has_quorum=False)
        self.history: deque[tuple[float, Reign]] = deque(maxlen=REMEMBERED)
        """The last reigns this node saw, each with the moment it began (Unix seconds), the oldest first."""
        self._epochs, self._leads = epochs, leads
        self._changed = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    @property
    def token(self) -> int | None:
        """The fencing token to write with every effect of leading, or None: then this node does not lead."""
        return self.reign.token if self._leads() else None

    async def changes(self) -> AsyncIterator[Reign]:
        """What stands now, then every change; whoever is slow gets the newest only."""
        seen: Reign | None = None
        while True:
            if self.reign != seen:
                seen = self.reign
                yield seen
            else:
                await self._changed.wait()

    def became(self, leader: str | None, term: int, *, has_quorum: bool, leads: bool) -> None:
        """Something is different; to be called in the event loop."""
        token = self.reign.token if leads and term == self.reign.term else None
        self._set(Reign(leader, term, has_quorum, token))
        if leads and token is None:
            self._ask()

    def renew(self, token: int) -> None:
        """Get a greater number than this one, which was refused where its effect is, if this node still leads by it.

        A node whose number is too old has a successor. So ask only when that one is missed as well: a task that is due stays undone.
        """
        reign = self.reign
        if self._leads() and reign.token == token:
            self._set(Reign(reign.leader, reign.term, reign.has_quorum))
            self._ask()

    def _ask(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._activate())

    async def _activate(self) -> None:
        """Get the number of this reign. A leader without one does nothing a leader may."""
        while self._leads() and self.reign.token is None:
            term = self.reign.term
            try:
                token = await self._epochs.next("leader")
            except Exception as reason:  # noqa: BLE001 - whatever the database says, the next second may be better
                log.warning("no number for this reign: %s", reason)
                await asyncio.sleep(AGAIN)
                continue
            if self._leads() and self.reign.term == term:
                self._set(Reign(self.reign.leader, term, self.reign.has_quorum, token))

    def _set(self, reign: Reign) -> None:
        if reign != self.reign:
            if (reign.leader, reign.term, reign.has_quorum) != (self.reign.leader, self.reign.term, self.reign.has_quorum):
                self.history.append((time.time(), reign))
            self.reign = reign
            self._changed.set()
            self._changed = asyncio.Event()

    async def close(self) -> None:
        """Stop asking."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
