"""The one port of invalidation: tags leave with the writing transaction, and every node drops what it cached under them."""

from collections.abc import Callable, Sequence

import msgspec
from loguru import logger

from revenge.infra.notices import Listener

EVERYTHING = "*"
"""The tag that stands for all tags: too many to list, or nobody knows what was missed."""

CHANNEL = "invalidate"

Drop = Callable[[Sequence[str]], None]
"""Takes tags, EVERYTHING perhaps; must not block and must not raise."""

_tags = msgspec.json.Decoder(list[str]).decode


class Bus:
    """Tells this node's caches which tags are stale. After a time of not hearing it says EVERYTHING."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._drops: list[Drop] = []
        listener.on(CHANNEL, self._hear)
        listener.watch(up=self._missed, down=self._missed)

    @property
    def alive(self) -> bool:
        """Whether invalidations arrive now. While they do not, nothing cached in this process may be believed."""
        return self._listener.alive

    def listen(self, drop: Drop) -> None:
        """Call `drop` with every set of stale tags."""
        self._drops.append(drop)

    def drop(self, tags: Sequence[str]) -> None:
        """Drop tags on this node at once: for whoever has just committed and must read their own write."""
        for drop in self._drops:
            drop(tags)

    def _hear(self, payload: str) -> None:
        try:
            tags = _tags(payload)
        except msgspec.MsgspecError:
            logger.warning("An invalidation could not be read; everything is dropped.")
            tags = [EVERYTHING]
        self.drop(tags)

    def _missed(self) -> None:
        self.drop([EVERYTHING])
