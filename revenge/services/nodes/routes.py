"""Endpoints of the nodes."""

from collections.abc import Sequence

from aiohttp import web

from revenge.api.endpoint import Endpoint, get, post
from revenge.services.auth.pace import Pace
from revenge.services.auth.routes import device
from revenge.services.nodes.entity import (
    Cluster,
    ClusterState,
    Founding,
    Guest,
    Joining,
    JoinToken,
    Membership,
    Removal,
    Restart,
    TokenWish,
    Welcome,
)
from revenge.services.nodes.state import Identity, shown

_SMALL = 16 << 10
_ADMIN = "admin:cluster"


class NodeRoutes:
    """The door to what the cluster shows of itself, and to how nodes come and go."""

    def __init__(self, cluster: Cluster, membership: Membership, identity: Identity) -> None:
        self.cluster = cluster
        self.identity = identity
        self.membership = membership
        self.pace = Pace(burst=10, per_second=0.2)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the declarations."""
        return [
            get("/api/v1/admin/cluster", self.show, may=_ADMIN),
            post("/api/v1/admin/cluster/init", self.found, may=_ADMIN, status=202, body_limit=_SMALL),
            post("/api/v1/admin/cluster/token", self.invite, may=_ADMIN, status=201, body_limit=_SMALL),
            post("/api/v1/admin/cluster/join", self.join, may=_ADMIN, status=202, body_limit=_SMALL),
            post("/api/v1/admin/cluster/leave", self.leave, may=_ADMIN, body_limit=_SMALL),
            post("/api/v1/admin/cluster/remove", self.remove, may=_ADMIN, body_limit=_SMALL),
            post("/api/v1/cluster/join", self.welcome, open="invitation", body_limit=_SMALL),
        ]

    async def show(self) -> ClusterState:
        """Who is there and who leads."""
        return shown(self.cluster, self.identity)

    async def found(self, body: Founding) -> Restart:
        """Prepare this node to be the first of a new cluster; its next start founds it."""
        return await self.membership.found(body)

    async def invite(self, body: TokenWish) -> JoinToken:
        """Make a join token, good for one node and a short while."""
        return await self.membership.invite(body)

    async def join(self, body: Joining) -> Restart:
        """Prepare this node to join the cluster that made the token; its next start joins."""
        return await self.membership.join(body)

    async def leave(self) -> None:
        """Take this node out of its cluster; it ends then."""
        await self.membership.leave()

    async def remove(self, body: Removal) -> None:
        """Take a node out of the cluster that does not come back."""
        await self.membership.remove(body)

    async def welcome(self, body: Guest, request: web.Request) -> Welcome:
        """Give a node that holds a join token what it needs to join, sealed for it alone."""
        self.pace.knock(device(request).network)
        return await self.membership.welcome(body)
