"""Reading: a connection without a transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection

from revenge.core.errors import Unavailable
from revenge.infra.database.away import LOST
from revenge.infra.database.prepared import Prepare, Prepared
from revenge.infra.trace import UNTRACED, Tracer

CheckOut = Callable[[], Awaitable[PoolProxiedConnection]]
Away = Callable[[BaseException], Unavailable]
"""Makes the error for people of what happened when the database could not be reached."""


class ReadConnection:
    """A connection without a transaction. A query that met a lost connection, and any statement that met a stale plan, is tried once more."""

    def __init__(self, engine: AsyncEngine, prepare: Prepare, check_out: CheckOut, away: Away, tracer: Tracer = UNTRACED) -> None:
        self._engine = engine
        self._prepare = prepare
        self._check_out = check_out
        self._away = away
        self._tracer = tracer
        self._link: PoolProxiedConnection | None = None
        self._connection: AsyncConnection | None = None

    async def open(self) -> None:
        """Take a connection out of the pool."""
        self._link = await self._check_out()

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            await self._connection.close()
        elif self._link is not None:
            self._link.close()

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run one statement."""
        with self._tracer.statement(statement):
            return await self._execute(statement, parameters)

    async def _execute(self, statement: Any, parameters: Any) -> Any:
        connection = self._full()
        try:
            return await connection.execute(statement, parameters)
        except DBAPIError as error:
            stale_plan = error.orig is not None and isinstance(error.orig.__cause__, asyncpg.InvalidCachedStatementError)
            # A lost answer says nothing about whether the statement ran: only what changes nothing is asked again.
            if not (stale_plan or (error.connection_invalidated and getattr(statement, "is_select", False))):
                raise
            await connection.rollback()  # nothing to take back: SQLAlchemy lets go of the dead connection by it
            return await connection.execute(statement, parameters)

    async def rows(self, statement: Any, parameters: Mapping[str, Any], /) -> Sequence[Sequence[Any]]:
        """Run one statement past SQLAlchemy and return its rows, at a third of the cost: for what is asked for all the time."""
        if self._connection is not None:
            rows: Sequence[Any] = (await self.execute(statement, parameters)).all()
            return rows
        prepared = self._prepare(statement)
        with self._tracer.statement(prepared.text):
            return await self._rows(prepared, prepared.arguments(parameters))

    async def _rows(self, prepared: Prepared, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        try:
            return prepared.rows(await self._fetch(prepared.text, arguments))
        except LOST:
            pass
        try:
            return prepared.rows(await self._fetch(prepared.text, arguments))
        except LOST as error:
            raise self._away(error) from error

    def _full(self) -> AsyncConnection:
        """The connection with SQLAlchemy's part, which costs more than a short query and is made when it is needed."""
        if self._connection is None:
            self._connection = AsyncConnection(self._engine, Connection(self._engine.sync_engine, self._link))
        return self._connection

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        if self._link is None:
            self._link = await self._check_out()
        link: Any = self._link
        try:
            records: Sequence[Any] = await link.driver_connection.fetch(text, *arguments)
        except asyncpg.PostgresError as error:
            if isinstance(error, LOST):
                self._throw_away()
            raise
        except BaseException:  # cancelled, or the server has left: whatever still comes on this connection is nobody's answer
            self._throw_away()
            raise
        return records

    def _throw_away(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.invalidate()
