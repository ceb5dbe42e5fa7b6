"""What goes on, held near the requests: every segment asks."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from revenge.infra.cache.layered import Cache
from revenge.services.playback.entity import viewing_tag

T = TypeVar("T")

_SECONDS = 60.0
"""How long a viewing is believed to be as it was, where nothing says otherwise: a disk may come back, a file may be replaced."""


class HeldViewings:
    """Viewings in the cache of this process. One that ends leaves it with the commit, on other nodes when the bus has told them."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def get(self, id: UUID, load: Callable[[], Awaitable[T]]) -> T:
        """Return what is held, or what `load` finds."""
        tag = viewing_tag(id)
        return await self._cache.get(tag, [tag], load, local=_SECONDS)
