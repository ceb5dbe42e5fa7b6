"""Connections and transactions. A use case that writes is one transaction; what it asks for leaves with the commit."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Protocol, cast

import asyncpg
import msgspec
from loguru import logger
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from revenge.core.errors import StartRefused, Unavailable
from revenge.core.events import Event
from revenge.core.qos import Qos, urgency
from revenge.core.work import Ask
from revenge.infra.database.away import GIVEN_UP, LOST, given_up, unavailable
from revenge.infra.database.prepared import Prepare
from revenge.infra.database.reading import ReadConnection
from revenge.infra.database.url import sqlalchemy_url
from revenge.infra.database_settings import PoolSettings
from revenge.infra.trace import UNTRACED, Tracer

LOWEST_SERVER = 180000
_CONNECT_SECONDS = 5
_SERVER_SETTINGS = {
    "application_name": "revenge",
    "jit": "off",  # our queries are short; compiling them would take longer than running them
    "pg_trgm.word_similarity_threshold": "0.3",  # two letters swapped in a five-letter word still find it
}
_UNREACHABLE = (OSError, DBAPIError, AsyncAdapt_asyncpg_dbapi.Error, PoolTimeout, asyncpg.PostgresError, TimeoutError)
_NOTIFY_BYTES = 7900
_NOTIFY = select(func.pg_notify("invalidate", bindparam("tags")))

Publish = Callable[[Sequence[Event]], Awaitable[None]]
Drop = Callable[[Sequence[str]], None]
Tell = Callable[[], None]


def _tell_nobody() -> None:
    """What hears of a lost database where nobody wants to."""


class OutboxWriter(Protocol):
    """Who writes asked-for jobs into the transaction."""

    async def write(self, connection: AsyncConnection, asks: Sequence[Ask]) -> None:
        """Insert the asks; the connection is inside the transaction."""


class Transaction:
    """One transaction and what leaves with it."""

    def __init__(self, connection: AsyncConnection, outbox: OutboxWriter | None, tracer: Tracer = UNTRACED) -> None:
        self.connection = connection
        self._tracer = tracer
        self.events: list[Event] = []
        self.stale: list[str] = []
        self._outbox = outbox

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run one statement inside the transaction."""
        with self._tracer.statement(statement):
            return await self.connection.execute(statement, parameters)

    async def rows(self, statement: Any, parameters: Mapping[str, Any], /) -> Sequence[Sequence[Any]]:
        """Run one statement inside the transaction and return its rows."""
        rows: Sequence[Any] = (await self.execute(statement, parameters)).all()
        return rows

    def after(self, *events: Event) -> None:
        """Publish the events once the transaction has committed."""
        self.events += events

    async def ask(self, *asks: Ask) -> None:
        """Write the jobs to the outbox, in this transaction."""
        if self._outbox is None:
            raise RuntimeError("This database was opened without an outbox; jobs cannot be asked for.")
        if asks:
            await self._outbox.write(self.connection, asks)

    async def invalidate(self, *tags: str) -> None:
        """Make every node drop what it cached under these tags; PostgreSQL delivers it with the commit."""
        self.stale += tags
        payload = json.dumps(tags)
        if len(payload) > _NOTIFY_BYTES:
            payload = json.dumps(["*"])
        await self.connection.execute(_NOTIFY, {"tags": payload})


class Database:
    """The pool. `read()` for one or more queries, `write()` for one use case that changes something."""

    def __init__(
        self,
        url: str,
        pool: PoolSettings,
        outbox: OutboxWriter | None = None,
        publish: Publish | None = None,
        drop: Drop | None = None,
        tracer: Tracer = UNTRACED,
    ) -> None:
        """`drop` forgets what this node cached under tags: whoever has just committed must read their own write, before any message comes."""
        self.url = url
        self._pool = pool
        self._outbox = outbox
        self._publish = publish
        self._drop = drop
        self._tracer = tracer
        self._when_away: Tell = _tell_nobody
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool.max_conns,
            max_overflow=0,
            pool_timeout=10,
            pool_recycle=pool.max_conn_lifetime,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            connect_args={"timeout": _CONNECT_SECONDS, "server_settings": _SERVER_SETTINGS},
        )
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._prepare = Prepare(self._engine.dialect)
        self._behind = asyncio.Semaphore(max(1, pool.max_conns * 3 // 4))

    def when_away(self, tell: Tell) -> None:
        """Call this whenever the database cannot be reached."""
        self._when_away = tell

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Database"]:
        """Check the server and keep the pool open for as long as the block lasts."""
        try:
            await self._check_version()
            yield self
        finally:
            await self._engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadConnection]:
        """A connection without a transaction; Unavailable when the database cannot be reached."""
        async with self._turn():
            connection = ReadConnection(self._reading, self._prepare, self._check_out, self._away, self._tracer)
            await connection.open()
            try:
                yield connection
            except StatementError as error:
                raise self._told(error) from error
            finally:
                await connection.close()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        """One transaction: committed at the end of the block, rolled back by an exception."""
        async with self._turn():
            connection = await self._connect(self._engine)
            transaction = Transaction(connection, self._outbox, self._tracer)
            try:
                async with connection.begin():
                    yield transaction
            except StatementError as error:
                raise self._told(error) from error
            finally:
                await connection.close()
        if self._drop is not None and transaction.stale:
            self._drop(transaction.stale)
        await self._tell(transaction.events)

    async def ping(self) -> None:
        """Ask the server for an answer; raises when there is none."""
        async with self.read() as db:
            await db.execute(select(1))

    @property
    def connections(self) -> int:
        """Connections in use, for the metrics."""
        return int(self._engine.pool.checkedout())  # type: ignore[attr-defined]

    @property
    def idle(self) -> int:
        """Connections that are open and not in use."""
        return int(self._engine.pool.checkedin())  # type: ignore[attr-defined]

    def _turn(self) -> AbstractAsyncContextManager[None]:
        """Work in the background waits for one of the connections it may have, the others stay free for people; it must never hold two."""
        return nullcontext() if urgency() < Qos.BACKGROUND else self._behind

    async def _connect(self, engine: AsyncEngine) -> AsyncConnection:
        try:
            return await engine.connect()
        except _UNREACHABLE as error:
            raise self._away(error) from error

    async def _check_out(self) -> PoolProxiedConnection:
        """A connection of the pool that the server has not left, as far as it can be seen."""
        try:
            while True:
                link: Any = await self._reading.raw_connection()
                if not link.driver_connection.is_closed():
                    return cast(PoolProxiedConnection, link)
                link.invalidate()
        except _UNREACHABLE as error:
            raise self._away(error) from error

    def _told(self, error: StatementError) -> Exception:
        """Return what to raise for a statement that failed: what another time may help with is said so, everything else stays what it is."""
        if error.orig is not None and isinstance(error.orig.__cause__, GIVEN_UP):
            return given_up(error.orig)
        cause = error.orig and error.orig.__cause__
        away = isinstance(error, OperationalError | InterfaceError) or isinstance(error.orig, OSError) or isinstance(cause, LOST)
        return self._away(error) if away else error

    def _away(self, error: BaseException) -> Unavailable:
        """Return what to raise when the database cannot be reached; who wants to know hears of it first."""
        self._when_away()
        return unavailable(error)

    async def _tell(self, events: Sequence[Event]) -> None:
        """Publish what happened. The commit stands, so a failure here is logged and never reaches the caller."""
        if not events or self._publish is None:
            return
        try:
            await asyncio.shield(self._publish(events))
        except Exception as error:  # noqa: BLE001 - whatever the feed raises, the transaction has committed
            logger.warning("Events were not published: {}", error)

    async def _check_version(self) -> None:
        connection = await self._connect(self._reading)
        try:
            version = int((await connection.exec_driver_sql("show server_version_num")).scalar_one())
        finally:
            await connection.close()
        if version < LOWEST_SERVER:
            raise StartRefused(f"The PostgreSQL server at database.url is version {version // 10000}; Revenge needs 18 or newer.")
