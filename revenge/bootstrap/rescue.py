"""What can be done with a node of a cluster that does not run. Everything here returns a sentence for whoever asked."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import revenge
from cluster import Asker, Damaged, Known, NoQuorum, Refused, emptied, force_single, known, readmitted, stretched
from revenge.bootstrap.cluster import folder, membership, node_id
from revenge.bootstrap.settings import Settings
from revenge.core.errors import Conflict, Invalid, StartRefused
from revenge.infra.database import Database
from revenge.infra.epochs import Epochs
from revenge.infra.joined import forget

_ROUNDS = 20
"""Nodes that are asked for a decision before it is given up."""


def looked(settings: Settings) -> str:
    """What this node knows of its cluster, and who of it answers."""
    there = _known(settings)
    if there is None:
        return "This node is in no cluster."
    answers = asyncio.run(_hellos(settings, there.members))
    lines = [f"The node does not run. It is {there.address} in the cluster {there.cluster}:"]
    for address in there.members:
        said = answers.get(address, {})
        lines.append(f"{'answers' if said else 'silent':<9} {address}  {said.get('version', '')}".rstrip())
    return "\n".join(lines)


def admitted(settings: Settings) -> str:
    """Let a node that holds the secret join (again) with its next start. Raises Invalid where it could not."""
    there = membership(settings)
    if not settings.cluster.enabled or not there.join_addrs:
        raise Invalid(
            "Without a URL and a token, joining needs cluster.enabled, cluster.secret and cluster.raft.join_addrs in the settings."
        )
    if not any(asyncio.run(_hellos(settings, there.join_addrs)).values()):
        raise Invalid("Nobody who knows cluster.secret answers at cluster.raft.join_addrs.")
    readmitted(folder(settings))
    return f"It is ready: the node's next start joins the cluster, as {there.advertise_addr}."


def left(settings: Settings, *, force: bool) -> str:
    """Take this node out of its cluster, by the others' leader, and forget the cluster."""
    there = _known(settings)
    if there is None:
        raise Conflict("This node is in no cluster.")
    others = [member for member in there.members if member != there.address]
    if not others and not force:
        raise Conflict("This is the last node of its cluster: start it and let it leave then, so that the database is free afterwards.")
    if others and not force:
        try:
            asyncio.run(_asker(settings).decided(others, "remove", {"address": there.address}, Random(), _ROUNDS))  # noqa: S311 - spreads moments
        except (Refused, NoQuorum) as error:
            raise Conflict(f"{error} With --force this node forgets its cluster all the same; remove it there later.") from error
    emptied(folder(settings))
    forget(settings.data_dir)
    return "The node has left its cluster. `revenge cluster join` lets it join again."


async def freed(settings: Settings, cluster: str | None) -> str:
    """Make a cluster of one out of what this node knows, and give it the database. Where it knows nothing, `cluster` names whose the database was."""
    there, address = _known(settings), settings.cluster.raft.advertise_addr
    if settings.database.url is None or address is None:
        raise Invalid("force-single needs the settings of the cluster: cluster.enabled, database.url and cluster.raft.advertise_addr.")
    before = there.cluster if there else cluster
    async with Database(settings.database.url, settings.database.pool).lifetime() as database:
        epochs = Epochs(database, node_id(settings))
        owner = await epochs.owner()
        if owner and owner != before:
            raise Conflict(
                f"The database belongs to the cluster {owner}, and this node was in {before or 'none'}. "
                f"If that cluster is lost for good, repeat this with --cluster {owner} on a node whose {folder(settings)} is empty."
            )
        said = "The database is free: the next start of a node with cluster.raft.bootstrap founds a cluster."
        if there is not None:
            said = await asyncio.to_thread(_single, settings, address)
        if owner:
            await epochs.release(owner)
    return said


def _single(settings: Settings, address: str) -> str:
    try:
        rescued = force_single(folder(settings), address)
    except (Refused, Damaged) as error:
        raise StartRefused(str(error)) from error
    lost = ", ".join(rescued.lost) or "none"
    return (
        f"This node is a cluster of one now ({rescued.after}); members it lost: {lost}. What stood before is in {rescued.copy}.\n"
        "Start it, then let new nodes join. A lost node that comes back has to leave (--force) and join anew."
    )


def _known(settings: Settings) -> Known | None:
    try:
        there = known(folder(settings))
    except Damaged as error:
        raise StartRefused(str(error)) from error
    return None if there is None or there.left else there


async def _hellos(settings: Settings, addresses: Sequence[str]) -> dict[str, dict[str, Any]]:
    asker = _asker(settings)
    answers = await asyncio.gather(*(asker.ask(address, "hello", {}) for address in addresses), return_exceptions=True)
    return {address: said for address, said in zip(addresses, answers, strict=True) if isinstance(said, dict)}


def _asker(settings: Settings) -> Asker:
    return Asker(stretched(membership(settings).secret), revenge.__version__)
