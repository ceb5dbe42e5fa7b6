"""What is told of outside services."""

from msgspec import Struct

from revenge.core.sources import SourceState


class Providers(Struct, frozen=True):
    """The outside services a node knows, in the order they were named: a handful."""

    providers: list[SourceState]
