"""Who this server is to programs outside: one id for all nodes of a database, made by the first of them and kept for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from revenge.infra.database import Database
from revenge.infra.site.tables import site

_NAME = "server_id"
_NOBODY = UUID(int=0)
_ADD = insert(site).values(name=_NAME, value=bindparam("id")).on_conflict_do_nothing()
_KNOWN = select(site.c.value).where(site.c.name == _NAME)


class ServerIdentity:
    """The server's id, known for as long as the lifetime lasts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.id = _NOBODY

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Read the id, or make it."""
        async with self._database.write() as db:
            await db.execute(_ADD, {"id": str(uuid4())})
            self.id = UUID((await db.execute(_KNOWN)).scalar_one())
        yield
