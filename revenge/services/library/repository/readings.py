"""How far reading files from end to end has come."""

from sqlalchemy import Uuid, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from revenge.core.data import Reading, Writing
from revenge.services.library.entity import StoredFile
from revenge.services.library.tables import readings

_ID = bindparam("id", type_=Uuid())
_SO_FAR = select(readings.c.so_far).where(
    readings.c.file_id == _ID, readings.c.size == bindparam("size"), readings.c.mtime_ns == bindparam("mtime_ns")
)
_INSERT = upsert(readings)
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=["file_id"],
    set_={name: _INSERT.excluded[name] for name in ("size", "mtime_ns", "so_far")},
)
_FORGET = delete(readings).where(readings.c.file_id == _ID)


class ReadingRepository:
    """Rows of readings that are under way."""

    async def so_far(self, db: Reading, file: StoredFile) -> bytes | None:
        """Return where reading the file was left off; None where that was another version of it."""
        row = await db.execute(_SO_FAR, {"id": file.id, "size": file.size, "mtime_ns": file.mtime_ns})
        kept: bytes | None = row.scalar_one_or_none()
        return kept

    async def keep(self, db: Writing, file: StoredFile, so_far: bytes) -> None:
        """Remember where reading is left off."""
        await db.execute(_KEEP, {"file_id": file.id, "size": file.size, "mtime_ns": file.mtime_ns, "so_far": so_far})

    async def forget(self, db: Writing, file: StoredFile) -> None:
        """The file was read to its end, or cannot be."""
        await db.execute(_FORGET, {"id": file.id})
