"""What people chose while watching, kept for all their devices."""

from revenge.core.caller import Caller
from revenge.core.data import Transactions
from revenge.services.playback.repository import PreferencesRepository
from revenge.services.playback.taste import Preferences


class Tastes:
    """Preferences of people."""

    def __init__(self, database: Transactions) -> None:
        self.database = database
        self.store = PreferencesRepository()

    async def of(self, caller: Caller) -> Preferences:
        """Return what the caller chose; what they never chose is as usual."""
        async with self.database.read() as db:
            return await self.store.of(db, caller.user_id)

    async def set(self, preferences: Preferences, caller: Caller) -> Preferences:
        """Keep the whole of what the caller chose."""
        kept = preferences.trimmed()
        async with self.database.write() as db:
            await self.store.set(db, caller.user_id, kept)
        return kept
