"""Where the viewers of each rendition are, as far as their requests tell: what is made ahead, kept, or taken away follows from it."""

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

WINDOW = 3
"""Segments that are made before they are asked for: about twelve seconds. Who leaves has cost no more than that."""
_BEHIND = 2
"""Segments behind a viewer that are kept, for a short jump back."""
_GONE_S = 60.0
"""Seconds after their last request in which a viewer is taken to be there: players with a full buffer ask seldom."""


class _Head(Struct):
    number: int
    at: float

    def covers(self, number: int) -> bool:
        """Whether who is here comes by that segment soon, or was there just now."""
        return self.number - _BEHIND <= number <= self.number + WINDOW


class Playheads:
    """The viewers' places, by the folder of a rendition. Two who watch the same place are one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heads: dict[Path, list[_Head]] = {}

    def ask(self, folder: Path, number: int) -> None:
        """Somebody asks for a segment: a viewer goes on, or a new one has come."""
        heads = self._live(folder)
        head = next((head for head in heads if head.number <= number <= head.number + WINDOW + 1), None)
        if head is None:
            head = _Head(number, 0.0)
            self._heads[folder] = [*heads, head]
        head.number, head.at = number, self._clock()

    def wanted(self, folder: Path) -> list[int]:
        """Segments that viewers will ask for, the soonest of the latest viewer first."""
        heads = sorted(self._live(folder), key=lambda head: -head.at)
        return list(dict.fromkeys(head.number + step for head in heads for step in range(1, WINDOW + 1)))

    def watched(self, folder: Path) -> bool:
        """Whether anybody is there."""
        return bool(self._live(folder))

    def worth(self, path: Path) -> float | None:
        """How dear a file is: none is given away for which this is None; of the others the least goes first.

        What nobody watches is worth nothing, then comes what lies far behind its viewers, then what lies far ahead of them.
        """
        heads = self._live(path.parent)
        if not heads:
            return 0.0
        if not path.stem.isdecimal() or any(head.covers(int(path.stem)) for head in heads):
            return None
        distances = [int(path.stem) - head.number for head in heads]
        return max(1 + 1 / distance if distance > 0 else -1 / distance for distance in distances)

    def _live(self, folder: Path) -> list[_Head]:
        limit = self._clock() - _GONE_S
        heads = [head for head in self._heads.get(folder, ()) if head.at >= limit]
        if heads:
            self._heads[folder] = heads
        else:
            self._heads.pop(folder, None)
        return heads
