"""The ids of libraries, held near the requests: every one of them asks."""

from uuid import UUID

from revenge.core.caller import Role
from revenge.infra.cache.layered import Cache
from revenge.services.library.service import LIBRARIES_TAG, Libraries


class NearLibraries:
    """Which libraries people may see, from the cache."""

    def __init__(self, cache: Cache, libraries: Libraries) -> None:
        self._cache = cache
        self._libraries = libraries

    async def visible(self, user_id: UUID, role: Role) -> tuple[UUID, ...]:
        """Return the ids of the libraries this person may see."""
        return await self._cache.get(LIBRARIES_TAG, [LIBRARIES_TAG], lambda: self._libraries.visible(user_id, role), tuple[UUID, ...])
