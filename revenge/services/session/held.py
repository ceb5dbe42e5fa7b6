"""Who is behind a session, held near the requests: this process, then the store, then PostgreSQL."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.services.session.entity import Holder, session_tag

_LOCAL_SECONDS = 60.0
_SHARED_SECONDS = 300.0
_ABSENT_SECONDS = 30.0
"""A session that has ended never opens again, so that may be held, too; it spares the database whoever keeps knocking."""


class HeldSessions:
    """The layered cache for sessions. Ended ones leave it by their tag: here at once, on other nodes when the bus has told them."""

    def __init__(self, cache: Cache, bus: Bus) -> None:
        self._cache = cache
        self._bus = bus

    async def get(self, id: UUID, load: Callable[[], Awaitable[Holder | None]]) -> Holder | None:
        """Return what is held, or what `load` finds."""
        tag = session_tag(id)
        return await self._cache.get(tag, [tag], load, Holder | None, local=_LOCAL_SECONDS, shared=_SHARED_SECONDS, absent=_ABSENT_SECONDS)

    async def drop(self, ids: Sequence[UUID]) -> None:
        """Forget these sessions on this node, and believe the store about them only once it has heard of it."""
        self._bus.drop([session_tag(id) for id in ids])
