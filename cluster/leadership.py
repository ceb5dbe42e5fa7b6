"""Who leads, as a node may act on it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from msgspec import Struct

from cluster.ports import Epochs

log = logging.getLogger(__name__)
AGAIN = 1.0
"""Seconds before the database is asked again for a number it did not give."""


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
        if leads and token is None and (self._asking is None or self._asking.done()):
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
            self.reign = reign
            self._changed.set()
            self._changed = asyncio.Event()

    async def close(self) -> None:
        """Stop asking."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
