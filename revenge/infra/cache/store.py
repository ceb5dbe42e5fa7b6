"""The shared store: Dragonfly, or any server that speaks the Redis protocol. Whatever is in it may be lost at any time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as StoreTimeoutError

from revenge.infra.cache.connection import PROMPT

GONE = (RedisError, OSError, TimeoutError)
"""What a call raises when the store is gone or answers nonsense; callers go on without it."""

_CONNECT_SECONDS = 1
_ANSWER_SECONDS = 5
_CHECK_SECONDS = 30


class Store:
    """One client for the whole node. `redis` gives bytes; a call that meets a broken connection is tried again twice."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.life = b""
        """Names the running server process: another value than before means it was restarted and may have lost something."""
        pool = ConnectionPool.from_url(
            url,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            health_check_interval=_CHECK_SECONDS,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
            retry_on_error=[StoreConnectionError, StoreTimeoutError],
            redis_connect_func=self._greet,
        )
        pool.connection_class = PROMPT[pool.connection_class]
        self.redis: Redis = Redis.from_pool(pool)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Store"]:
        """Keep the client for as long as the block lasts. A store that is away stops no start: everything works without it, slower."""
        try:
            yield self
        finally:
            await self.redis.aclose()

    async def ping(self) -> None:
        """Ask the server for an answer; raises one of GONE when there is none."""
        await self.redis.ping()

    async def _greet(self, connection: AbstractConnection) -> None:
        """Sign in, and notice whether this is still the server we knew: the client reconnects without a word."""
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        about = await connection.read_response()
        self.life = next((line for line in bytes(about).splitlines() if line.startswith(b"run_id:")), b"")
