"""The account of every run: who may begin, how it ended. Many runs share one statement and one connection."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from revenge.core.errors import Unavailable
from revenge.infra.database import Database
from revenge.infra.jobs.repository import Claim, OutboxRepository, Settlement, Start

AWAY = (Unavailable, SQLAlchemyError, OSError)
"""What a call raises when the database is away for the moment."""

_MOST = 200
_LOCKED_SECONDS = 0.05
_PATIENCE = (0.1, 0.3, 1.0, 3.0, 5.0, 5.0, 5.0, 5.0)
"""Waits, in seconds, while the database is away and a run has an end to report; after them the lease ends it."""

W = TypeVar("W")
A = TypeVar("A")


class Batch(Generic[W, A]):
    """Gathers wishes while the previous ones are being answered, and has them answered together."""

    def __init__(self, answer: Callable[[Sequence[W]], Awaitable[Sequence[A]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[W, asyncio.Future[A]]] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, wish: W) -> A:
        """Return the answer to one wish. Cancelling the caller takes nothing back."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            try:
                answers = await self._answer([wish for wish, _ in taken])
            except Exception as error:  # noqa: BLE001 - each of those who asked gets it
                for _, future in taken:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(taken, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)


class Ledger:
    """Begins and settles runs for one node."""

    def __init__(self, database: Database, node: str) -> None:
        self._database = database
        self._node = node
        self._rows = OutboxRepository()
        self._begins = Batch(self._begin)
        self._ends = Batch(self._settle)
        self.waits_again: Callable[[], None] = lambda: None
        """Called when a settled job is due at once."""

    async def begin(self, id: UUID, sends: int, lease: float) -> Claim | None:
        """Return the claim to run this now, or None when it is done, runs elsewhere, or was sent anew since."""
        while True:
            claim = await self._begins.put(Start(id, sends, lease))
            if claim is not True:
                return claim or None
            await asyncio.sleep(_LOCKED_SECONDS)

    async def finish(self, claim: Claim) -> None:
        """The run did its work."""
        await self._say(Settlement(claim.id, claim.tries))

    async def fail(self, claim: Claim, error: str, wait: float | None) -> None:
        """The run failed; try again after `wait` seconds, or keep it as failed."""
        await self._say(Settlement(claim.id, claim.tries, error, wait))

    async def give_back(self, claim: Claim, wait: float = 0.0) -> None:
        """The run did not take place: let any node take it after `wait` seconds, and do not count this start."""
        await self._say(Settlement(claim.id, claim.tries, wait=wait, returned=True))

    async def cancel(self, claim: Claim, reason: str) -> None:
        """Nobody wants the job any more: it is closed."""
        await self._say(Settlement(claim.id, claim.tries, reason, cancelled=True))

    async def _say(self, end: Settlement) -> None:
        """Report an end until it is written. A database that stays away leaves it to the lease: the job will be run again."""
        for wait in _PATIENCE:
            try:
                while True:
                    locked, open_again = await self._ends.put(end)
                    if not locked:
                        break
                    await asyncio.sleep(_LOCKED_SECONDS)
            except AWAY as error:
                logger.debug("The end of the job {} cannot be written yet: {}", end.id, error)
                await asyncio.sleep(wait)
            else:
                if open_again and not end.wait:
                    self.waits_again()
                return
        logger.warning("The end of the job {} could not be written; it will be run again.", end.id)

    async def _begin(self, starts: Sequence[Start]) -> Sequence[Claim | bool]:
        async with self._database.read() as db:
            return await self._rows.begin(db, starts, self._node)

    async def _settle(self, ends: Sequence[Settlement]) -> Sequence[tuple[bool, bool]]:
        async with self._database.read() as db:
            return await self._rows.settle(db, ends)
