"""Endpoint that lets a node stand aside."""

from collections.abc import Sequence

from revenge.api.endpoint import Endpoint, post
from revenge.services.nodes.draining import Draining, Wish


class DrainRoutes:
    """The door to a node's going."""

    def __init__(self, draining: Draining) -> None:
        self.draining = draining

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoint."""
        return [post("/api/v1/admin/cluster/drain", self.drain, may="admin:cluster", status=202, always=True)]

    async def drain(self, body: Wish) -> Wish:
        """Let a node finish what it does and send its viewers to the others, or take part again."""
        await self.draining.wish(body)
        return body
