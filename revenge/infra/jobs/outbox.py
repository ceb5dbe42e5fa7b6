"""How a job is asked for: a row in the transaction that wants it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from revenge.core.work import Ask
from revenge.infra.jobs.repository import OutboxRepository


class Outbox:
    """Writes asks into the caller's transaction: the job exists if and only if that commits."""

    def __init__(self) -> None:
        self._rows = OutboxRepository()

    async def write(self, connection: AsyncConnection, asks: Sequence[Ask]) -> None:
        """Insert the asks in one statement, however many they are."""
        await self._rows.ask(connection, asks)
