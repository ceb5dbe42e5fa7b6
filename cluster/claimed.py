"""Numbers for the cluster the database belongs to, and for no other."""

from collections.abc import Callable

from cluster.errors import Refused
from cluster.ports import Record


class Claimed:
    """Epochs that a second cluster on the same database does not get: its leader never acts."""

    def __init__(self, record: Record, cluster: Callable[[], str]) -> None:
        """`cluster` says which cluster asks; the first one to ask makes the database its own."""
        self._record, self._cluster = record, cluster

    async def next(self, name: str) -> int:
        """A number greater than every one given before for this name; raise Refused where the database is another cluster's."""
        cluster = self._cluster()
        if (owner := await self._record.claim(cluster)) != cluster:
            raise Refused(f"The database belongs to the cluster {owner}, this one is {cluster}: two clusters must not share a database.")
        return await self._record.next(name)
