"""Makes the sources of a node, and closes their connections in the end."""

import ssl
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager

import httpcore
import httpx

from revenge.core.clock import Clock, now
from revenge.core.sources import SourceState
from revenge.infra.bandwidth.link import Link
from revenge.infra.cache.store import Store
from revenge.infra.fetch.circuit import REST, Circuit
from revenge.infra.fetch.guard import Guard, Resolve, resolve
from revenge.infra.fetch.pace import Manners, Pace
from revenge.infra.fetch.source import Source

_CONNECTIONS = 8
"""To one service at once."""
_KEPT_SECONDS = 30.0


class Fetcher:
    """The one door to outside services: whoever calls one is given its source."""

    def __init__(
        self, store: Store, link: Link, version: str, *, clock: Clock = now, look_up: Resolve = resolve, rest: float = REST
    ) -> None:
        """`link` owns what may be fetched."""
        self._store, self._link, self._clock, self._look_up, self._rest = store, link, clock, look_up, rest
        self._headers = {"User-Agent": f"Revenge/{version}"}
        self._tls = ssl.create_default_context()
        self._sources: dict[str, Source] = {}
        self._clients: list[httpx.AsyncClient] = []

    @property
    def states(self) -> list[SourceState]:
        """How each service is doing, in the order they were named."""
        return [source.state for source in self._sources.values()]

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Fetcher"]:
        """Close all connections at the end of the block."""
        try:
            yield self
        finally:
            for client in self._clients:
                await client.aclose()

    def source(self, name: str, manners: Manners, houses: Collection[str] = ()) -> Source:
        """Return the service of this name. `houses` are hosts of it that may be within the house, since its owner named them."""
        client = httpx.AsyncClient(
            transport=_Guarded(self._tls, Guard(httpcore.AnyIOBackend(), houses, self._look_up)),
            timeout=manners.timeout,
            headers=self._headers,
            trust_env=False,  # a proxy from the environment would go around the guard
        )
        self._clients.append(client)
        source = Source(name, client, Pace(name, manners, self._store), Circuit(name, self._rest), self._link, self._clock)
        self._sources[name] = source
        return source


class _Guarded(httpx.AsyncHTTPTransport):
    """httpx' own transport over connections that the guard makes. httpx has no parameter for that, so its pool is put in its place."""

    def __init__(self, tls: ssl.SSLContext, guard: Guard) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=guard,
        )
