"""What the nodes tell each other by the database, in SQL."""

from sqlalchemy import bindparam, func, select

from revenge.core.data import Reading

_TELL = select(func.pg_notify(bindparam("channel"), bindparam("payload")))


class NodeRepository:
    """Words from one node to all."""

    async def tell(self, db: Reading, channel: str, payload: str) -> None:
        """Tell every node that listens now."""
        await db.execute(_TELL, {"channel": channel, "payload": payload})
