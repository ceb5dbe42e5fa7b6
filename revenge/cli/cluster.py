"""`revenge cluster init | token | join | leave | remove | status | force-single`."""

import asyncio
import sys
from argparse import Namespace
from typing import Any

from revenge.bootstrap.membership import founded, joined
from revenge.bootstrap.rescue import admitted, freed, left, looked
from revenge.bootstrap.settings import Settings
from revenge.cli.control import tell
from revenge.cli.start import ready
from revenge.core.errors import Invalid
from revenge.infra.embedded.lock import holder
from revenge.services.nodes.entity import Founding, Joining


def init(wish: Namespace) -> None:
    """Prepare this node to found a cluster."""
    settings = _resting(wish, "init")
    print(founded(settings, Founding(wish.advertise)).detail)
    print("The other nodes join with `revenge cluster token` here and `revenge cluster join` there.")


def token(wish: Namespace) -> None:
    """Print a join token."""
    said = tell(ready(wish).data_dir, "cluster.token", {"minutes": wish.minutes})
    print(said["token"])
    print(f"Good once, until {said['expires_at']}. On the node that shall join:\n  {said['command']}", file=sys.stderr)
    if said["warning"]:
        print(said["warning"], file=sys.stderr)


def join(wish: Namespace) -> None:
    """Prepare this node to join a cluster: by a token, or by the secret in its settings."""
    settings = _resting(wish, "join")
    if wish.url is None:
        print(admitted(settings))
        return
    if not wish.token:
        raise Invalid("`revenge cluster join URL` needs --token; `revenge cluster token` on a node of the cluster makes one.")
    print(joined(settings, Joining(wish.url, _read(wish.token), wish.advertise)).detail)


def leave(wish: Namespace) -> None:
    """Take this node out of its cluster, running or not."""
    settings = ready(wish)
    if holder(settings.data_dir):
        tell(settings.data_dir, "cluster.leave")
        print("The node has left its cluster and ends now.")
    else:
        print(left(settings, force=wish.force))


def remove(wish: Namespace) -> None:
    """Take a node out of the cluster that does not come back."""
    tell(ready(wish).data_dir, "cluster.remove", {"node": wish.node, "force": wish.force})
    print(f"{wish.node} is no member any more.")


def status(wish: Namespace) -> None:
    """Tell who is there and who leads."""
    settings = ready(wish)
    if holder(settings.data_dir) is None:
        print(looked(settings))
        return
    said = tell(settings.data_dir, "cluster.status")
    print(f"{said['node_id']} is {_role(said)}, term {said['term']}.")
    for node in said["nodes"]:
        leads = " (leads)" if node["node_id"] == said["leader"] else ""
        print(f"{node['state']:<9} {node['node_id']}{leads}  {node['raft_address'] or '-'}  {node['http_address']}  {node['version']}")
    if said["trouble"]:
        print(said["trouble"])


def force_single(wish: Namespace) -> int:
    """Make a cluster of one out of what this node knows."""
    settings = _resting(wish, "force-single")
    if not wish.yes:
        print(
            "The nodes of this cluster that are lost must never come back. This node alone goes on, with what it knows; say --yes to do it."
        )
        return 1
    print(asyncio.run(freed(settings, wish.cluster)))
    return 0


def _resting(wish: Namespace, what: str) -> Settings:
    """The settings of a node that does not run: what is changed here is read when it starts."""
    settings = ready(wish)
    if node := holder(settings.data_dir):
        raise Invalid(f"The node runs (process {node.pid}): stop it before `revenge cluster {what}`.")
    return settings


def _read(written: str) -> str:
    """The token; `-` reads it from standard input, where no list of processes shows it."""
    return sys.stdin.readline().strip() if written == "-" else written


def _role(said: dict[str, Any]) -> str:
    return "in no cluster" if said["role"] == "alone" else f"a {said['role']}" if said["has_quorum"] else "cut off from most of the others"
