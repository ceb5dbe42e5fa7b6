"""Endpoint of the outside services."""

from collections.abc import Sequence
from typing import Protocol

from revenge.api.endpoint import Endpoint, get
from revenge.core.sources import SourceState
from revenge.services.providers.entity import Providers


class Sources(Protocol):
    """Knows the outside services."""

    @property
    def states(self) -> Sequence[SourceState]:
        """How each is doing, in the order they were named."""


class ProviderRoutes:
    """The door to how outside services are doing."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the declaration."""
        return [get("/api/v1/admin/providers", self.show, may="providers:read")]

    async def show(self) -> Providers:
        """How each outside service is doing, as this node sees it."""
        return Providers(list(self.sources.states))
