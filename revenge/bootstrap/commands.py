"""What the running node does for commands on the same machine."""

from typing import Any

import msgspec

from revenge.bootstrap.cluster import Clustered
from revenge.infra.control import Control
from revenge.services.nodes.entity import JoinToken, Membership, Removal, TokenWish
from revenge.services.nodes.state import Identity, shown


def answering(control: Control, clustered: Clustered, membership: Membership, identity: Identity) -> None:
    """Answer the commands of the cluster."""

    async def status(_body: dict[str, Any]) -> dict[str, Any]:
        return {**msgspec.to_builtins(shown(clustered.node, identity)), "trouble": clustered.node.trouble()}

    async def token(body: dict[str, Any]) -> JoinToken:
        return await membership.invite(msgspec.convert(body, TokenWish))

    async def leave(_body: dict[str, Any]) -> None:
        await membership.leave()

    async def remove(body: dict[str, Any]) -> None:
        await membership.remove(msgspec.convert(body, Removal))

    for name, answer in (("status", status), ("token", token), ("leave", leave), ("remove", remove)):
        control.on(f"cluster.{name}", answer)
