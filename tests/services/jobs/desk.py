"""Jobs for an admin to look at, and the room they are looked at in."""

import asyncio
from uuid import UUID

from revenge.infra.jobs import CEILINGS
from revenge.services.jobs.entity import JobQuery
from revenge.services.jobs.service import Jobs


async def until(condition, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


class Desk:
    """The room over one node, and what it is told."""

    def __init__(self, site, node) -> None:
        self.streams, self.failing = 0, []
        self.jobs = Jobs(site.database, node, CEILINGS, lambda: self.streams, lambda: self.failing)

    async def states(self, **query) -> dict[str, str]:
        page = await self.jobs.page(JobQuery(**query))
        return {entry.key: entry.state for entry in page.items}

    async def reaches(self, key: str, state: str) -> None:
        async def there() -> bool:
            return (await self.states()).get(key) == state

        await until(there)

    async def id(self, key: str) -> UUID:
        return next(entry.id for entry in (await self.jobs.page(JobQuery())).items if entry.key == key)


async def rest() -> None:
    await asyncio.sleep(60)


async def fail() -> None:
    raise ValueError("the disk is on fire")


async def nothing() -> None: ...
