"""Showing a password: counted before it costs anything, checked off the loop, the same for accounts that do not exist."""

import asyncio

from revenge.core.clock import Clock, now
from revenge.core.data import Transactions
from revenge.core.errors import TooMany
from revenge.services.auth.backoff import Backoff
from revenge.services.auth.passwords import THREADS, Passwords
from revenge.services.session.entity import Device
from revenge.services.user.entity import LONGEST_PASSWORD, Account, Proven, name_key

_MOST_WAITING = 100


class Proof:
    """Checks passwords for signing in and for changing them."""

    def __init__(self, passwords: Passwords, backoff: Backoff) -> None:
        self.passwords = passwords
        self.backoff = backoff
        # Counting, checking and counting again happen for as many tries at once as there are threads: a thousand at once
        # find the count as the tries before them left it.
        self._turn = asyncio.Semaphore(THREADS)
        self._waiting = 0

    @classmethod
    def over(cls, database: Transactions, clock: Clock = now) -> "Proof":
        """Return one that counts in this database."""
        return cls(Passwords(), Backoff(database, clock))

    async def hash(self, password: str) -> str:
        """Return what is stored instead of the password."""
        return await self.passwords.hash(password)

    async def prove(self, name: str, account: Account | None, password: str, address: str) -> Proven:
        """Whether the password is the account's. Without an account the same steps are taken, and it is not.

        TooMany when this try has to wait, whatever the password.
        """
        subject, place = _subject(name, account), Device(address).network
        if self._waiting >= _MOST_WAITING:
            raise TooMany("Too many people are signing in at once; try again in a moment.", retry_after=2)
        # A client that leaves before the answer cancels the request, but not the count of its try.
        return await asyncio.shield(self._in_turn(subject, account, password, place))

    async def _in_turn(self, subject: str, account: Account | None, password: str, place: str) -> Proven:
        self._waiting += 1
        try:
            async with self._turn:
                return await self._prove(subject, account, password, place)
        finally:
            self._waiting -= 1

    async def _prove(self, subject: str, account: Account | None, password: str, place: str) -> Proven:
        await self.backoff.admit(subject, account.user.id if account else None, place)
        stored = account.password_hash if account else None
        if not await self.passwords.verify(stored, password[:LONGEST_PASSWORD]):
            await self.backoff.wrong(subject, place)
            return Proven(right=False)
        await self.backoff.right(subject, place)
        if stored and self.passwords.outdated(stored):
            return Proven(right=True, new_hash=await self.passwords.hash(password))
        return Proven(right=True)


def _subject(name: str, account: Account | None) -> str:
    """Return what wrong tries are counted for: an account is one, by whichever of its names it is called."""
    return f"user:{account.user.id}" if account else f"name:{name_key(name)}"
