"""All that one node may send and fetch: the limits that are set, and who keeps to them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import inf

from msgspec.structs import replace

from revenge.infra.bandwidth.link import Link
from revenge.infra.bandwidth.shares import Limits
from revenge.infra.bandwidth.uplink import Part, Uplink
from revenge.infra.cache.store import Store

_BITS = 8


class Bandwidth:
    """What goes out and what comes in are limited apart, since lines carry both at once; who watches comes before both.

    Limits are set in bit/s, None for no limit. A setting that changes holds at once.
    """

    def __init__(self, store: Store, node: str) -> None:
        self.sent = Link()
        """Everything the node sends."""
        self.fetched = Link(watched_elsewhere=lambda: self.sent.watched)
        """Everything the node asks outside services for."""
        self._uplink = Uplink(store, node, lambda: self.sent.remote_needs, self._take)

    def set_node(self, limit: int | None) -> None:
        """Limit what this node sends, and what it fetches."""
        self.sent.limits = replace(self.sent.limits, node=_bytes(limit))
        self.fetched.limits = Limits(node=_bytes(limit))

    def set_person(self, limit: int | None) -> None:
        """Limit what this node sends to one person."""
        self.sent.limits = replace(self.sent.limits, user=_bytes(limit))

    def set_uplink(self, limit: int | None) -> None:
        """Limit what the nodes of the site together send to remote networks."""
        self._uplink.limit = _bytes(limit)

    @property
    def percent(self) -> float:
        """What is sent, in percent of what the node may send; 0 without a limit."""
        limit = self.sent.limits.node
        return 100 * sum(self.sent.rates().values()) / limit

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Bandwidth"]:
        """Share the uplink with the other nodes for as long as the block lasts."""
        try:
            async with self._uplink.lifetime():
                yield self
        finally:
            self.sent.close()
            self.fetched.close()

    def _take(self, part: Part) -> None:
        self.sent.limits = replace(self.sent.limits, uplink=part.rate, behind=part.behind)


def _bytes(bits: int | None) -> float:
    return inf if bits is None else bits / _BITS
