"""How wrong passwords are counted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, distinct, exists, func, insert, or_, select

from revenge.core.data import Reading, Writing
from revenge.services.auth.entity import WINDOW, Wrongs
from revenge.services.auth.tables import attempts
from revenge.services.session.tables import sessions

MOST_KEPT = 50_000
"""Wrong passwords that are kept at most; within WINDOW no honest house has so many."""

_SUBJECT = attempts.c.subject == bindparam("subject")
_PLACE = attempts.c.network == bindparam("place")
_SINCE = attempts.c.at > bindparam("since")
_KNOWN = exists().where(sessions.c.user_id == bindparam("person"), sessions.c.network == bindparam("place"))
_WRONGS = select(
    func.count().filter(_SUBJECT, _PLACE),
    func.max(attempts.c.at).filter(_SUBJECT, _PLACE),
    func.count().filter(_PLACE),
    func.max(attempts.c.at).filter(_PLACE),
    func.count(distinct(attempts.c.network)).filter(_SUBJECT),
    func.max(attempts.c.at).filter(_SUBJECT),
    select(_KNOWN).scalar_subquery(),
).where(_SINCE, or_(_SUBJECT, _PLACE))
_INSERT = insert(attempts)
_CLEAR = delete(attempts).where(_SUBJECT, _PLACE)
_PURGE = delete(attempts).where(
    or_(attempts.c.at < bindparam("since"), attempts.c.id <= select(func.max(attempts.c.id) - MOST_KEPT).scalar_subquery())
)


class AttemptRepository:
    """Wrong passwords by what they were for (a digest) and where they came from."""

    async def wrongs(self, db: Reading, subject: bytes, user_id: UUID | None, place: str, now: datetime) -> Wrongs:
        """Count what bears on one try."""
        values = {"subject": subject, "place": place, "person": user_id, "since": now - WINDOW}
        return Wrongs(*(await db.execute(_WRONGS, values)).one())

    async def add(self, db: Writing, subject: bytes, place: str, now: datetime) -> None:
        """Store one wrong password."""
        await db.execute(_INSERT, {"subject": subject, "network": place, "at": now})

    async def clear(self, db: Writing, subject: bytes, place: str) -> None:
        """Forget what this place got wrong about this account."""
        await db.execute(_CLEAR, {"subject": subject, "place": place})

    async def purge(self, db: Writing, now: datetime) -> None:
        """Remove what does not count any more."""
        await db.execute(_PURGE, {"since": now - WINDOW})
