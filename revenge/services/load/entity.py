"""What is shown of how busy the nodes are."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from revenge.core.load import Sample


class LoadQuery(Struct, frozen=True):
    """Whose load: one node's, or everybody's together."""

    node: str | None = None


class Load(Struct, frozen=True):
    """The last ten minutes."""

    every_ms: int
    """Between two samples."""
    nodes: list[str]
    """Every node that was there."""
    node: str | None
    """The one whose samples these are; None: all together."""
    samples: list[Sample]
    """Oldest first."""


class History(Protocol):
    """Who remembers."""

    async def of_all(self) -> Mapping[str, Sequence[Sample]]:
        """Return the samples of each node, oldest first."""
