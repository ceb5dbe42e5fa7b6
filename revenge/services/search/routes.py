"""Endpoint of searching."""

from collections.abc import Sequence

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.services.search.entity import Found, SearchQuery
from revenge.services.search.service import Search


class SearchRoutes:
    """The door to searching."""

    def __init__(self, search: Search) -> None:
        self.search = search

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoint."""
        return [get("/api/v1/search", self.find, may="search:use")]

    async def find(self, query: SearchQuery, caller: Caller) -> Found:
        """Items of every kind that match the words, grouped by kind."""
        return await self.search.find(query, caller)
