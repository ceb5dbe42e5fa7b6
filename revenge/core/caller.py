"""Who is asking."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

Role = Literal["admin", "user"]

PERMISSIONS: dict[Role, frozenset[str]] = {
    "user": frozenset(
        {"account:use", "movies:read", "playback:use", "search:use", "libraries:read", "events:read", "files:download", "docs:read"}
    ),
    "admin": frozenset({"*"}),
}
"""What each role may do; finer roles are the rights room's business."""


class Caller(Struct, frozen=True):
    """A signed-in person on one device; made once per request by the middleware."""

    user_id: UUID
    session_id: UUID
    username: str
    role: Role
    libraries: tuple[UUID, ...] = ()
    """The libraries this caller may see: every list, search and count filters by them."""
    via: Literal["bearer", "cookie", "internal"] = "bearer"
    """How the credential came: a cookie needs the CSRF header for writes."""

    def may(self, permission: str) -> bool:
        """Whether the caller's role grants the permission (`movies:read`)."""
        granted = PERMISSIONS[self.role]
        return "*" in granted or permission in granted
