"""The first layer: values in this process, bounded in number and age."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

Timer = Callable[[], float]

EARLY = 0.8
"""Of its life: from then on a value that is still asked for is better loaded anew, before somebody has to wait for it."""


class Entry(Struct):
    """One value, and until when it is good."""

    value: Any
    seconds: float
    """How long it lives."""
    expires: float
    renew_at: float
    tags: Sequence[str]
    weight: int


class Local:
    """A dict that forgets what was used least recently, what is too old, and what a tag names. `most` is the weight of all it keeps."""

    def __init__(self, most: int, timer: Timer = time.monotonic) -> None:
        self._most = most
        self._timer = timer
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._by_tag: dict[str, set[str]] = {}
        self._weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: str) -> Entry | None:
        """Return what is kept under the key, while it is good."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires <= self._timer():
            self.remove(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def ages(self, entry: Entry) -> bool:
        """Whether the value should be loaded anew: said once towards the end of its life, and again if nothing comes of it."""
        now = self._timer()
        if now < entry.renew_at:
            return False
        entry.renew_at = now + entry.seconds * (1 - EARLY) / 2
        return True

    def put(self, key: str, value: Any, seconds: float, tags: Sequence[str], weight: int = 1) -> None:
        """Keep a value for so many seconds, or until one of its tags is dropped; a large one weighs as much as several."""
        self.remove(key)
        now = self._timer()
        self._entries[key] = Entry(value, seconds, now + seconds, now + seconds * EARLY, tags, weight)
        self._weight += weight
        for tag in tags:
            self._by_tag.setdefault(tag, set()).add(key)
        while self._weight > self._most:
            self.remove(next(iter(self._entries)))

    def remove(self, key: str) -> None:
        """Forget one key."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._weight -= entry.weight
        for tag in entry.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]

    def drop(self, tag: str) -> None:
        """Forget everything under a tag."""
        for key in list(self._by_tag.get(tag, ())):
            self.remove(key)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._by_tag.clear()
        self._weight = 0
