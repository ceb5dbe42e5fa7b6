"""One database, one set of secrets: a node that holds others is refused before it signs anything."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import ARRAY, Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from revenge.core.settings.words import Secret
from revenge.infra.database import Database
from revenge.infra.secrets import compare, fingerprint
from revenge.infra.site.tables import site

_PREFIX = "secret:"
_ADD = insert(site).on_conflict_do_nothing()
_KNOWN = select(site.c.name, site.c.value).where(site.c.name == any_(bindparam("names", type_=ARRAY(Text()))))


class SharedSecrets:
    """The secrets that all nodes of a database share; the first node to come writes down what they are recognised by."""

    def __init__(self, database: Database, secrets: Mapping[str, Secret | None]) -> None:
        self._database = database
        self._own = {path: fingerprint(secret) for path, secret in secrets.items() if secret is not None}

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Compare once, at the start; StartRefused when the database was used with other secrets."""
        names = {f"{_PREFIX}{path}": value for path, value in self._own.items()}
        async with self._database.write() as db:
            if names:
                await db.execute(_ADD, [{"name": name, "value": value} for name, value in names.items()])
            known = {name.removeprefix(_PREFIX): value for name, value in await db.execute(_KNOWN, {"names": list(names)})}
        compare(known, self._own)
        yield
