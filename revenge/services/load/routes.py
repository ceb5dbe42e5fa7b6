"""Endpoint of how busy the nodes are, for admins."""

from collections.abc import Sequence

from revenge.api.endpoint import Endpoint, get
from revenge.services.load.entity import Load, LoadQuery
from revenge.services.load.service import Loads


class LoadRoutes:
    """The door to the last ten minutes."""

    def __init__(self, loads: Loads) -> None:
        self.loads = loads

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoint."""
        return [get("/api/v1/admin/load", self.show, may="jobs:manage")]

    async def show(self, query: LoadQuery) -> Load:
        """How busy the nodes have been for the last ten minutes: bandwidth by class, streams, queues."""
        return await self.loads.show(query)
