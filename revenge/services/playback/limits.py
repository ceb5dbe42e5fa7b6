"""What one account may watch at once and at most."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from revenge.core.caller import Caller
from revenge.core.data import Transactions, Writing
from revenge.core.errors import TooMany, absent
from revenge.core.ids import ItemRef
from revenge.services.playback.bounds import Bounds
from revenge.services.playback.entity import Limits
from revenge.services.playback.repository import LimitsRepository, PlaybackRepository
from revenge.services.playback.settings import PlaybackSettings

WATCHING = timedelta(minutes=2)
"""Time since the last sign of life in which somebody counts as watching: a player reports every few seconds."""
_RETRY_S = 60

Spare = Callable[[], int | None]
"""Returns the bit/s the network has left for one stream more; None where nobody measures."""


def unmeasured() -> int | None:
    """What is left of a network that nobody measures: not known."""
    return None


class Allowances:
    """Limits of accounts, set by admins."""

    def __init__(self, database: Transactions, settings: PlaybackSettings, spare: Spare = unmeasured) -> None:
        self.database = database
        self.settings = settings
        self.spare = spare
        self.store = LimitsRepository()
        self.viewings = PlaybackRepository()

    async def of(self, user: UUID) -> Limits:
        """Return what was set for the account."""
        async with self.database.read() as db:
            return await self.store.of(db, user)

    async def set(self, user: UUID, limits: Limits) -> Limits:
        """Set the whole of an account's limits; NotFound without the account."""
        async with self.database.write() as db:
            return limits if await self.store.set(db, user, limits) else absent("user", user)

    async def bounds(self, caller: Caller) -> Bounds:
        """Return how large a stream the caller may have now."""
        limits = await self.of(caller.user_id)
        return Bounds(limits.max_height, limits.max_bitrate, self.spare())

    async def admit(self, db: Writing, item: ItemRef, caller: Caller) -> None:
        """TooMany when the caller watches as much as they may already; the same item on the same device is no second stream."""
        own = (await self.store.of(db, caller.user_id)).max_streams
        most = own if own is not None else self.settings.streams_per_account
        if most is None:
            return
        others = await self.viewings.others(db, caller.user_id, caller.session_id, item, WATCHING)
        if others >= most:
            text = f"This account may watch {most} at once and does already; end one of them first."
            raise TooMany(text, code="too_many_streams", retry_after=_RETRY_S)
