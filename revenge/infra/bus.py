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
        self._carriers: list[Drop] = []
        listener.on(CHANNEL, self._hear)
        listener.watch(up=self._missed, down=self._missed)

    @property
    def alive(self) -> bool:
        """Whether invalidations arrive now. While they do not, nothing cached in this process may be believed."""
        return self._listener.alive

    def listen(self, drop: Drop) -> None:
        """Call `drop` with every set of stale tags."""
        self._drops.append(drop)

    def carry(self, publish: Drop) -> None:
        """Tell this one of every set of tags that left with a transaction of this node: another way to the other nodes, beside PostgreSQL's."""
        self._carriers.append(publish)

    def committed(self, tags: Sequence[str]) -> None:
        """Tags left with a transaction of this node: it drops them at once, so that who has committed reads their own write."""
        self.drop(tags)
        for publish in self._carriers:
            publish(tags)

    def carried(self, tags: Sequence[str] | None) -> None:
        """Another way brought tags, or None: it does not know what was missed."""
        self.drop([EVERYTHING] if tags is None else tags)

    def drop(self, tags: Sequence[str]) -> None:
        """Drop tags on this node."""
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
