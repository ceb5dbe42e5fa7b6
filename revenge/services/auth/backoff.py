"""The door that stays shut a little longer after each wrong password, whatever node is asked and however often it restarts.

Three counts over a sliding quarter of an hour, in PostgreSQL (the rules are `Wrongs.opens`): one account from one place, which stops
somebody who guesses; one place over all accounts, which stops somebody who tries one password on everybody; and the number of places that
fail at one account, which stops guessing by many machines. An account is never simply locked, since then anybody could lock its owner out:
a guesser shuts the door for their own place alone, sessions that are open stay open, and where the owner has signed in from before, only the
owner's own mistakes count. A right password clears what its place got wrong about that account, and nothing else: with an account of one's
own one cannot wipe out guesses at others.
"""

import hashlib
import math
from uuid import UUID

from revenge.core.clock import Clock, now
from revenge.core.data import Transactions
from revenge.core.errors import TooMany
from revenge.services.auth.repository import AttemptRepository


class Backoff:
    """Counts wrong passwords and codes, and refuses further tries for a while."""

    def __init__(self, database: Transactions, clock: Clock = now) -> None:
        self.database = database
        self.store = AttemptRepository()
        self.clock = clock

    async def admit(self, subject: str, user_id: UUID | None, place: str) -> None:
        """Let a try pass, or raise TooMany with the seconds to wait. Refused tries are not counted."""
        async with self.database.read() as db:
            wrongs = await self.store.wrongs(db, _digest(subject), user_id, place, self.clock())
        opens = wrongs.opens()
        if opens and (wait := (opens - self.clock()).total_seconds()) > 0:
            seconds = math.ceil(wait)
            raise TooMany(f"Too many wrong tries; wait {seconds} s and try again.", code="too_many_tries", retry_after=seconds)

    async def wrong(self, subject: str, place: str) -> None:
        """Count a try that was wrong."""
        async with self.database.write() as db:
            await self.store.add(db, _digest(subject), place, self.clock())

    async def right(self, subject: str, place: str) -> None:
        """Forget the wrong tries before a right one."""
        async with self.database.write() as db:
            await self.store.clear(db, _digest(subject), place)

    async def purge(self) -> None:
        """Remove counts that are too old to matter."""
        async with self.database.write() as db:
            await self.store.purge(db, self.clock())


def _digest(subject: str) -> bytes:
    """Keep names that people typed (now and then a password in the wrong field) out of the database."""
    return hashlib.sha256(subject.encode(errors="replace")).digest()
