"""How a job is asked for: a row in the transaction that wants it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from revenge.core.work import Ask
from revenge.infra.jobs.repository import OutboxRepository
from revenge.infra.trace import UNTRACED, Tracer


class Outbox:
    """Writes asks into the caller's transaction: the job exists if and only if that commits."""

    def __init__(self, tracer: Tracer = UNTRACED) -> None:
        self._tracer = tracer
        self._rows = OutboxRepository()

    async def write(self, connection: AsyncConnection, asks: Sequence[Ask]) -> None:
        """Insert the asks in one statement, however many they are."""
        await self._rows.ask(connection, asks, self._tracer.carrier())
