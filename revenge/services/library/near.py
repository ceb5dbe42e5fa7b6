"""What of libraries is held near the requests: their ids, for which every request asks, and the pages people leaf through."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from revenge.core.caller import Role
from revenge.infra.cache.layered import Cache
from revenge.services.library.service import LIBRARIES_TAG, Libraries

T = TypeVar("T")

_PAGE_WEIGHT = 32
"""A page of 50 items takes about as much memory as so many of the other things that are held."""


class NearLibraries:
    """Which libraries people may see, from the cache."""

    def __init__(self, cache: Cache, libraries: Libraries) -> None:
        self._cache = cache
        self._libraries = libraries

    async def visible(self, user_id: UUID, role: Role) -> tuple[UUID, ...]:
        """Return the ids of the libraries this person may see."""
        return await self._cache.get(LIBRARIES_TAG, [LIBRARIES_TAG], lambda: self._libraries.visible(user_id, role), tuple[UUID, ...])


class NearPages:
    """Pages of lists, in this process alone: what is in them may differ for each person, and another node has its own."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def get(self, key: str, tags: Sequence[str], load: Callable[[], Awaitable[T]]) -> T:
        """Return the page held under the key, or what `load` finds; gone with the first of its tags."""
        return await self._cache.get(key, tags, load, weight=_PAGE_WEIGHT)
