"""Connections to the store that can be cancelled.

redis-py 5 waits for each write by `asyncio.wait_for`, which makes a task for every command and, on Python 3.11, may swallow the
cancellation of whoever is waiting: a job's time limit or a node's stop would then be lost.
"""

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import TimeoutError as StoreTimeoutError


class _Prompt(AbstractConnection):
    """Gives the write and what goes before it (connecting, a health check) one limit, by a plain timeout."""

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            await self.disconnect(nowait=True)
            raise StoreTimeoutError("The store took too long to take a command.") from None
        finally:
            self.socket_timeout = limit


class _Tcp(_Prompt, Connection):
    pass


class _Tls(_Prompt, SSLConnection):
    pass


class _Unix(_Prompt, UnixDomainSocketConnection):
    pass


PROMPT: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _Tcp,
    SSLConnection: _Tls,
    UnixDomainSocketConnection: _Unix,
}
"""Ours for each kind that redis-py picks by the URL."""
