"""A node that was removed while it was down, or cut off, finds out: it asks the others when no leader speaks to it."""

import asyncio
from collections.abc import Callable, Sequence

from cluster.joining import Asker

EVERY = 3.0
"""Seconds between two looks."""


class Outcast:
    """Whether the others still count this node as one of them."""

    def __init__(self, asker: Asker, me: str, members: Callable[[], Sequence[str]], hears: Callable[[], bool]) -> None:
        """`members` are the addresses this node knows, `hears` says whether a leader speaks to it."""
        self.removed = False
        self._asker, self._me, self._members, self._hears = asker, me, members, hears

    async def keep(self) -> None:
        """Look now and then, for as long as this runs."""
        while True:
            await asyncio.sleep(EVERY)
            self.removed = not self._hears() and await self._struck_out()

    async def _struck_out(self) -> bool:
        others = [member for member in self._members() if member != self._me]
        answers = await asyncio.gather(*(self._asker.ask(other, "hello", {}) for other in others), return_exceptions=True)
        led = [answer for answer in answers if isinstance(answer, dict) and answer.get("leader")]
        return any(self._me not in answer["members"] for answer in led)
