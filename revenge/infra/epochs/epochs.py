"""Fencing tokens: a leader that stood still for a while finds, in the transaction of its effect, that another has a greater number.

They come from the database whose rows they guard, not from the cluster's log: a term of Raft may repeat after a loss of power, and a cluster
that was rescued on one node begins anew.
"""

from revenge.core.data import Reading, Transactions
from revenge.infra.epochs.repository import EpochRepository

LEADER = "leader"
"""Whose number a leader's effects carry."""


class Epochs:
    """Gives numbers and checks them; knows which cluster the database belongs to."""

    def __init__(self, database: Transactions, node: str) -> None:
        """`node` is noted beside each number it asks for."""
        self._database = database
        self._node = node
        self._rows = EpochRepository()

    async def next(self, name: str) -> int:
        """A number greater than every one given before for this name. Unavailable when the database is away."""
        async with self._database.write() as db:
            return await self._rows.raised(db, name, self._node)

    async def holds(self, db: Reading, token: int, name: str = LEADER) -> bool:
        """Whether no greater number was given. It stays so until the transaction `db` ends; when False, write nothing in it."""
        return token >= await self._rows.newest(db, name)

    async def owner(self) -> str:
        """Id of the cluster this database belongs to; empty where it belongs to none."""
        async with self._database.read() as db:
            return await self._rows.owner(db)

    async def claim(self, cluster: str) -> str:
        """Give the database to this cluster where it is nobody's, and return whose it is then."""
        async with self._database.write() as db:
            await self._rows.claim(db, cluster)
            return await self._rows.owner(db)

    async def release(self, cluster: str) -> None:
        """Let the database belong to no cluster, where it belongs to this one."""
        async with self._database.write() as db:
            await self._rows.release(db, cluster)
