"""When this node saw each named lease renewed, by its own clock: that alone decides whether one may be taken over.

Its holder believes in it from the moment it *asked*; everybody else counts from the later moment they *heard* that it was
granted, and waits a tenth longer. So nobody's clock is compared with another's, and no two ever hold it at once.
"""

from collections.abc import Callable
from typing import Any

from cluster.table import Content, Holding

PATIENCE = 1.1
"""Times the length of a lease before it is taken from a holder who was not heard: clocks may differ in speed by a few percent."""


class Sightings:
    """What was seen of the leases in the table."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[int, int, float]] = {}

    def look(self, table: Content) -> None:
        """Note what is new in the table; to be called after everything that could have changed a lease."""
        now = self._clock()
        for name, held in table.leases.items():
            if self._seen.get(name, (0, 0, 0.0))[:2] != (held.token, held.revision):
                self._seen[name] = (held.token, held.revision, now)
        for name in self._seen.keys() - table.leases.keys():
            del self._seen[name]

    def over(self, name: str, held: Holding) -> list[int] | None:
        """What to say to take this lease over, or None while its holder may still believe in it."""
        token, revision, since = self._seen.get(name, (0, 0, 0.0))
        if (token, revision) != (held.token, held.revision):
            return None
        return [token, revision] if self._clock() - since > held.length * PATIENCE else None


def take(name: str, holder: str, token: int, length: float, over: list[int] | None) -> dict[str, Any]:
    """The operation that takes a lease, free or (`over`) run out."""
    return {"op": "take", "name": name, "holder": holder, "token": token, "length": length, **({"over": over} if over else {})}
