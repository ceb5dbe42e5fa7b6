"""Which addresses may be called: the whole internet, and of the house only what its owner named."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from ipaddress import ip_address

import httpcore

from revenge.core.sources import Refused
from revenge.infra.addresses import is_outside

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a name."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard(httpcore.AsyncNetworkBackend):
    """Makes connections, after the name has been resolved: what is checked is what is called, whatever the name says a moment later."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, houses: Collection[str] = (), look_up: Resolve = resolve) -> None:
        """`houses` are the hosts that may be within the house, as they stand in the settings."""
        self._inner = inner
        self._houses = frozenset(houses)
        self._look_up = look_up

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers; Refused when none of them may be called."""
        last: Exception | None = None
        for address in await self._allowed(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts to connect."""
        await self._inner.sleep(seconds)

    async def _allowed(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._look_up(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error.strerror}") from error
        if host in self._houses:
            return found
        outside = [address for address in found if is_outside(ip_address(address.partition("%")[0]))]
        if found and not outside:
            raise Refused(f"{host} is within the house; only servers named in the settings may be called there.")
        return outside
