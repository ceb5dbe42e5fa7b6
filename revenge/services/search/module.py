"""The search room's door."""

from collections.abc import Mapping, Sequence

from revenge.api.endpoint import Endpoint
from revenge.core.data import Transactions
from revenge.services.library.entity import Shelf
from revenge.services.search.repository import PostgresIndex
from revenge.services.search.routes import SearchRoutes
from revenge.services.search.service import Search


class SearchModule:
    """Searching; `shelves` is filled by bootstrap with one entry per kind of item."""

    def __init__(self, database: Transactions, shelves: Mapping[str, Shelf]) -> None:
        self.index = PostgresIndex(database)
        self.search = Search(self.index, shelves)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the doors."""
        return SearchRoutes(self.search).endpoints()
