"""Searching across everything a person may see."""

import time
from collections.abc import Mapping

from revenge.core.caller import Caller
from revenge.services.library.entity import Shelf
from revenge.services.search.entity import Found, Group, SearchIndex, SearchQuery


class Search:
    """Finds items of every kind by words."""

    def __init__(self, index: SearchIndex, shelves: Mapping[str, Shelf]) -> None:
        self.index = index
        self.shelves = shelves

    async def find(self, query: SearchQuery, caller: Caller) -> Found:
        """Return the best items of each kind, best first."""
        began = time.monotonic()
        groups = []
        for hits in await self.index.find(query.q, query.kinds, caller.libraries, query.limit):
            cards = await self.shelves[hits.kind].cards(hits.ids, caller)
            groups.append(Group(hits.kind, [cards[id] for id in hits.ids if id in cards], hits.total))
        return Found(groups, round((time.monotonic() - began) * 1000))
