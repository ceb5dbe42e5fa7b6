"""The first layer: values in this process, bounded in number and age."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Timer = Callable[[], float]


class _Entry(NamedTuple):
    value: Any
    expires: float
    tags: Sequence[str]


class Local:
    """A dict that forgets what was used least recently, what is too old, and what a tag names."""

    def __init__(self, most: int, timer: Timer = time.monotonic) -> None:
        self._most = most
        self._timer = timer
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._by_tag: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, missing: object) -> Any:
        """Return the value, or `missing`."""
        entry = self._entries.get(key)
        if entry is None:
            return missing
        if entry.expires <= self._timer():
            self.remove(key)
            return missing
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: Any, seconds: float, tags: Sequence[str]) -> None:
        """Keep a value for so many seconds, or until one of its tags is dropped."""
        self.remove(key)
        self._entries[key] = _Entry(value, self._timer() + seconds, tags)
        for tag in tags:
            self._by_tag.setdefault(tag, set()).add(key)
        if len(self._entries) > self._most:
            self.remove(next(iter(self._entries)))

    def remove(self, key: str) -> None:
        """Forget one key."""
        entry = self._entries.pop(key, None)
        for tag in entry.tags if entry else ():
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
