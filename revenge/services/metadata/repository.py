"""How artwork is found and stored."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import asdict
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from revenge.core.data import Reading, Writing
from revenge.core.ids import ItemRef
from revenge.infra.database import columns_of
from revenge.services.metadata.entity import Art, Made, Origin, Role, Subject
from revenge.services.metadata.tables import artwork

_ART = columns_of(Art, artwork)
_FIND = select(*_ART).where(artwork.c.id == bindparam("id"))
_OF_ITEM = select(*_ART).where(artwork.c.item_kind == bindparam("kind"), artwork.c.item_id == bindparam("item"))
_OF_ITEMS = select(*_ART).where(
    artwork.c.item_kind == bindparam("kind"),
    artwork.c.item_id == any_(bindparam("items", type_=ARRAY(Uuid()))),
    artwork.c.role == bindparam("wanted"),
    artwork.c.library_id == any_(bindparam("libraries", type_=ARRAY(Uuid()))),
)
_INSERT = insert(artwork)
_REPLACED = {name: _INSERT.excluded[name] for name in Art.__struct_fields__ if name not in {"id", "item_kind", "item_id", "role"}}
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["item_kind", "item_id", "role"], set_={"id": func.uuidv7(), "created_at": func.now(), **_REPLACED}
).returning(*_ART)
_DROP = delete(artwork).where(artwork.c.id == bindparam("id"))
_USED = select(artwork.c.digest).where(artwork.c.digest == any_(bindparam("digests", type_=ARRAY(Text()))))


class ArtworkRepository:
    """Rows of artwork."""

    async def find(self, db: Reading, id: UUID) -> Art | None:
        """Return the picture of this id."""
        row = (await db.execute(_FIND, {"id": id})).one_or_none()
        return Art(*row) if row else None

    async def of_item(self, db: Reading, item: ItemRef) -> dict[Role, Art]:
        """Return an item's pictures by role."""
        rows = await db.execute(_OF_ITEM, {"kind": item.kind, "item": item.id})
        return {art.role: art for art in (Art(*row) for row in rows)}

    async def of_items(self, db: Reading, kind: str, ids: Sequence[UUID], role: Role, libraries: Sequence[UUID]) -> list[Art]:
        """Return these items' pictures of one role, as far as they lie in these libraries."""
        rows = await db.execute(_OF_ITEMS, {"kind": kind, "items": ids, "wanted": role, "libraries": libraries})
        return [Art(*row) for row in rows]

    async def put(self, db: Writing, subject: Subject, role: Role, origin: Origin, made: Made, look: dict[str, Any]) -> Art:
        """Store an item's picture in place of the one it had, under a new id. `look` is digest, width, height and blurhash."""
        values = {
            "library_id": subject.library_id,
            "item_kind": subject.item.kind,
            "item_id": subject.item.id,
            "role": role,
            "origin": origin,
            **asdict(made),
            **look,
        }
        return Art(*(await db.execute(_PUT, values)).one())

    async def drop(self, db: Writing, id: UUID) -> None:
        """Remove a picture."""
        await db.execute(_DROP, {"id": id})

    async def used(self, db: Reading, digests: Sequence[str]) -> set[str]:
        """Return those of the digests that some picture has."""
        return set((await db.execute(_USED, {"digests": digests})).scalars())
