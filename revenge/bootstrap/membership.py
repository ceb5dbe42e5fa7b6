"""How nodes come to the cluster and go from it: the cluster's own words, put as the product's settings and errors."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec

import revenge
from cluster import PROTOCOL, Alone, Node, NoQuorum, Refused, Token, Unknown, readmitted
from cluster import Guest as Holder
from revenge.bootstrap.cluster import Clustered, address, folder
from revenge.bootstrap.near import near, own_address, tellable
from revenge.bootstrap.settings import Settings
from revenge.core.clock import Clock, now
from revenge.core.errors import Conflict, Forbidden, Invalid, Unavailable
from revenge.infra.joined import forget, remember, remembered
from revenge.services.nodes.entity import Founding, Guest, Joining, JoinToken, Removal, Restart, TokenWish, Welcome

_PATIENCE = 10.0
_FAREWELL = 0.5
"""Seconds between the answer to whoever asked this node to leave, and its end."""
_NEXT = "It is ready: the node's next start {}."


class Membership:
    """Comings and goings of nodes."""

    def __init__(self, settings: Settings, clustered: Clustered, clock: Clock = now) -> None:
        self._settings = settings
        self._node = clustered.node
        self._clock = clock

    async def found(self, wish: Founding) -> Restart:
        """Keep the settings of a first node, with a secret made for it."""
        return await asyncio.to_thread(founded, self._unbound(), wish)

    async def join(self, wish: Joining) -> Restart:
        """Ask a node of the cluster for its settings, and keep them."""
        return await asyncio.to_thread(joined, self._unbound(), wish)

    async def invite(self, wish: TokenWish) -> JoinToken:
        """Make a join token."""
        with _put():
            text = await self._bound().invitations.make(wish.minutes * 60)
        return JoinToken(
            token=text,
            expires_at=self._clock() + timedelta(minutes=wish.minutes),
            command=f"revenge cluster join {address(self._settings)} --token {text}",
            warning=near(self._settings),
        )

    async def welcome(self, guest: Guest) -> Welcome:
        """Use a token up, and seal the settings of this cluster for who holds it."""
        if guest.protocol != PROTOCOL:
            raise Conflict(
                f"This node ({revenge.__version__}) speaks protocol {PROTOCOL}, yours ({guest.version}) speaks {guest.protocol}: "
                "bring both to one version."
            )
        node = self._bound()
        told = tellable(self._settings, [member.raft_address for member in node.members() if member.raft_address])
        with _put():
            hello, sealed = await node.invitations.welcome(guest.id, guest.hello, msgspec.json.encode(told))
        return Welcome(hello, sealed)

    async def leave(self) -> None:
        """Leave, forget what the cluster gave, and end in order."""
        node = self._bound()
        with _put():
            await node.leave()
        await asyncio.to_thread(forget, self._settings.data_dir)
        asyncio.get_running_loop().call_later(_FAREWELL, os.kill, os.getpid(), signal.SIGTERM)

    async def remove(self, wish: Removal) -> None:
        """Take a member out by its id or address."""
        node = self._bound()
        found = [member for member in node.members() if wish.node in {member.node_id, member.raft_address}]
        if not found or found[0].raft_address is None:
            raise Invalid(f"There is no node {wish.node} in this cluster.", field="node")
        if found[0].node_id == node.node_id:
            raise Conflict("A node does not remove itself: let it leave.")
        if found[0].state != "down" and not wish.force:
            raise Conflict(f"{wish.node} is there: let it leave (`revenge cluster leave` on it), or remove it by force.")
        with _put():
            await node.remove(found[0].raft_address)

    def _bound(self) -> Node:
        if isinstance(self._node, Alone):
            raise Conflict("This node is in no cluster: `revenge cluster init` founds one, `revenge cluster join` brings it into another.")
        return self._node

    def _unbound(self) -> Settings:
        if not isinstance(self._node, Alone):
            raise Conflict("This node is in a cluster already: it has to leave that one first.")
        return self._settings


def founded(settings: Settings, wish: Founding) -> Restart:
    """Keep the settings of the first node of a new cluster. Blocks; raises Invalid with what is missing."""
    missing = [name for name, url in (("database.url", settings.database.url), ("cache.url", settings.cache.url)) if not url]
    if missing:
        raise Invalid(
            f"A cluster needs {' and '.join(missing)}: its nodes share one PostgreSQL and one store, which this node keeps for itself."
        )
    here = wish.advertise_addr or own_address(settings, str(settings.database.url))
    secret = {} if settings.cluster.secret else {"cluster.secret": os.urandom(32).hex()}
    given = {"cluster.enabled": "true", "cluster.raft.bootstrap": "true", "cluster.raft.advertise_addr": here, **secret}
    _keep(settings, given)
    return Restart(here, _NEXT.format(f"founds the cluster, as {here}"))


def joined(settings: Settings, wish: Joining) -> Restart:
    """Hold a token out to a node and keep what it gives. Blocks; raises Invalid, Forbidden or Unavailable with a sentence."""
    with _put():
        token = Token.read(wish.token)
        guest = Holder(token)
        here = wish.advertise_addr or own_address(settings, wish.url)
        answer = msgspec.convert(_asked(wish.url, Guest(token.id, guest.hello, revenge.__version__, PROTOCOL)), Welcome)
        told: dict[str, str] = msgspec.json.decode(guest.read(answer.hello, answer.sealed), type=dict[str, str])
    _keep(settings, {"cluster.enabled": "true", "cluster.raft.advertise_addr": here, **told})
    return Restart(here, _NEXT.format(f"joins the cluster, as {here}"))


def _keep(settings: Settings, given: dict[str, str]) -> None:
    remember(settings.data_dir, {**remembered(settings.data_dir), **given})
    readmitted(folder(settings))


def _asked(url: str, guest: Guest) -> Any:
    """The node's answer. Its certificate is nobody's business: only who knows the token can answer what can be read."""
    try:
        with httpx.Client(verify=False, trust_env=False, timeout=_PATIENCE) as client:  # noqa: S501 - see above
            response = client.post(f"{url.rstrip('/')}/api/v1/cluster/join", content=msgspec.json.encode(guest))
            said = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unavailable(f"No node of Revenge answers at {url} ({error or type(error).__name__}).") from error
    if response.is_success:
        return said
    raise Forbidden(str(said.get("detail", f"{url} answered with status {response.status_code}.")))


@contextmanager
def _put() -> Iterator[None]:
    """Put what the cluster says as errors of the product."""
    try:
        yield
    except Refused as error:
        raise Forbidden(str(error)) from error
    except NoQuorum as error:
        raise Unavailable(str(error), code="read_only_minority", retry_after=2) from error
    except Unknown as error:
        raise Unavailable(f"{error} Look what stands before you ask again.", retry_after=2) from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Invalid(f"The node's answer cannot be read: {error}") from error
