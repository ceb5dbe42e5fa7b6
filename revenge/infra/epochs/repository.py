"""Numbers and the name of the cluster, in SQL."""

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from revenge.core.data import Reading
from revenge.infra.epochs.tables import epochs
from revenge.infra.site.tables import site

_CLUSTER = "cluster"
_first = insert(epochs).values(name=bindparam("of"), token=1, node=bindparam("by"))
_RAISE = _first.on_conflict_do_update(
    index_elements=[epochs.c.name],
    set_={"token": epochs.c.token + 1, "node": _first.excluded.node, "raised_at": func.now()},
).returning(epochs.c.token)
_NEWEST = select(epochs.c.token).where(epochs.c.name == bindparam("of")).with_for_update(read=True)
_OWNER = select(site.c.value).where(site.c.name == _CLUSTER)
_CLAIM = insert(site).values(name=_CLUSTER, value=bindparam("cluster")).on_conflict_do_nothing()
_RELEASE = delete(site).where(site.c.name == _CLUSTER, site.c.value == bindparam("cluster"))


class EpochRepository:
    """The newest number of each name, and the one cluster a database belongs to."""

    async def raised(self, db: Reading, name: str, node: str) -> int:
        """The next number of a name."""
        token: int = (await db.execute(_RAISE, {"of": name, "by": node})).scalar_one()
        return token

    async def newest(self, db: Reading, name: str) -> int:
        """The last number that was given, held until the transaction ends: nobody gets a newer one meanwhile. 0 where there is none."""
        return (await db.execute(_NEWEST, {"of": name})).scalar_one_or_none() or 0

    async def owner(self, db: Reading) -> str:
        """Id of the cluster, empty where there is none."""
        return (await db.execute(_OWNER)).scalar_one_or_none() or ""

    async def claim(self, db: Reading, cluster: str) -> None:
        """Write the cluster's id down where no other stands."""
        await db.execute(_CLAIM, {"cluster": cluster})

    async def release(self, db: Reading, cluster: str) -> None:
        """Strike the cluster's id out."""
        await db.execute(_RELEASE, {"cluster": cluster})
