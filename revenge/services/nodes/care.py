"""Endpoints for whoever looks after the nodes: how everything stands, and one's going."""

from collections.abc import Sequence

from revenge.api.endpoint import Endpoint, get, post
from revenge.services.nodes.draining import Draining, Wish
from revenge.services.nodes.overview import Overview, Overviews


class CareRoutes:
    """The doors to how nodes are, and to a node's going."""

    def __init__(self, draining: Draining, overviews: Overviews) -> None:
        self.draining = draining
        self.overviews = overviews

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoints."""
        return [
            get("/api/v1/admin/cluster/overview", self.look, may="admin:cluster"),
            post("/api/v1/admin/cluster/drain", self.drain, may="admin:cluster", status=202, always=True),
        ]

    async def look(self) -> Overview:
        """The nodes at work: how each is, what it sees, who holds what, what is done when, and who led since when."""
        return await self.overviews.look()

    async def drain(self, body: Wish) -> Wish:
        """Let a node finish what it does and send its viewers to the others, or take part again."""
        await self.draining.wish(body)
        return body
