"""Named leases: one holder at a time, for a limited time, each with a fencing token that only grows.

The token is what makes an effect safe: whoever changes something under a lease writes the token with it, and the place
of the effect refuses a lower one. A lease alone cannot do that: its holder may stand still between look and deed.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec import Struct

from cluster.errors import NoQuorum, Unknown
from cluster.ports import Epochs, Replicated
from cluster.sightings import Sightings, take


class Lease:
    """A lease this node holds."""

    def __init__(self, log: Replicated, name: str, token: int, until: float) -> None:
        self.name, self.token = name, token
        self._log, self._until = log, until

    @property
    def valid(self) -> bool:
        """Whether this node may still act on it, at this very moment."""
        return self._log.now() < self._until

    @property
    def left(self) -> float:
        """Seconds it is valid for."""
        return max(0.0, self._until - self._log.now())

    def prolong(self, until: float) -> None:
        """It was renewed, as of the moment that was asked for."""
        self._until = max(self._until, until)

    def end(self) -> None:
        """Act on it no more."""
        self._until = 0.0


class Standing(Struct, frozen=True):
    """A lease somebody holds, as the table has it."""

    name: str
    holder: str
    """Node id."""
    token: int


class Leases:
    """Takes, renews and returns leases."""

    def __init__(self, log: Replicated, epochs: Epochs, node_id: str) -> None:
        self._log, self._epochs, self._node_id = log, epochs, node_id
        self._sightings = Sightings(log.now)

    def look(self) -> None:
        """The table changed; to be called in the event loop after every change."""
        self._sightings.look(self._log.content)

    def standing(self) -> list[Standing]:
        """Every lease that is held, by name."""
        return [Standing(name, held.holder.partition(" ")[0], held.token) for name, held in sorted(self._log.content.leases.items())]

    async def take(self, name: str, length: float) -> Lease | None:
        """The lease for `length` seconds, None where somebody else may still hold it; raise NoQuorum where nobody can say."""
        held = self._log.content.leases.get(name)
        over = self._sightings.over(name, held) if held else None
        if held and over is None:
            return None
        token = await self._epochs.next(f"lease:{name}")
        asked = self._log.now()
        holder = f"{self._node_id} {secrets.token_hex(4)}"
        try:
            result = await self._log.propose(take(name, holder, token, length, over), patience=min(length, 3.0))
        except Unknown:
            return None  # if it was granted after all, it runs out, since nobody renews it
        return Lease(self._log, name, token, asked + length) if result.get("token") == token else None

    async def renew(self, lease: Lease, length: float) -> bool:
        """Hold on to a lease for `length` seconds from now; False where it is lost or nobody could say. It stays valid until its old end."""
        asked = self._log.now()
        with suppress(NoQuorum, Unknown):
            result = await self._log.propose({"op": "renew", "name": lease.name, "token": lease.token}, patience=min(length, 3.0))
            if result.get("token") == lease.token:
                lease.prolong(asked + length)
                return True
            lease.end()
        return False

    async def give_back(self, lease: Lease) -> None:
        """Let a lease go, so that the next need not wait."""
        lease.end()
        with suppress(NoQuorum, Unknown):
            await self._log.propose({"op": "return", "name": lease.name, "token": lease.token})

    @asynccontextmanager
    async def holding(self, name: str, length: float) -> AsyncIterator[Lease | None]:
        """Hold a lease for as long as the block runs, renewed at every third of its length; None where it is not to be had."""
        lease = await self.take(name, length)
        if lease is None:
            yield None
            return
        renewing = asyncio.create_task(self._keep(lease, length))
        try:
            yield lease
        finally:
            renewing.cancel()
            await self.give_back(lease)

    async def _keep(self, lease: Lease, length: float) -> None:
        while lease.valid:
            await asyncio.sleep(length / 3)
            await self.renew(lease, length)
