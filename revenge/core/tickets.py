"""Signed tickets: a path component that lets its bearer fetch one kind of thing until a moment.

A ticket is base64url of `msgpack([purpose, session, subject, expiry])` and the first 16 bytes of its HMAC-SHA256. It hides nothing and
cannot be altered. The key is derived from `auth.jwt_secret`, so every node of a site accepts every node's tickets.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec
from msgspec import Struct

from revenge.core.clock import Clock, now
from revenge.core.errors import Unauthenticated

_MAC = 16
_PLAIN = bytes.maketrans(b"-_+/", b"+/--")
"""From the alphabet for URLs to the usual one, whose own two signs are no ticket's."""
_REMEMBERED = 4096
"""Tickets that need not be verified again: a player shows the same one hundreds of times."""
DAY = timedelta(days=1)


class Ticket(Struct, frozen=True, array_like=True):
    """What a ticket says."""

    purpose: str
    """`playback`, `image`, `events`: a ticket for one opens no other."""
    session: UUID
    """The login session it was issued to; it ends with it."""
    subject: str
    """What it opens: a playback session's id, or empty for whatever the caller may see of the purpose."""
    expires: int
    """Unix seconds."""


class Tickets:
    """Issues and checks tickets."""

    def __init__(self, secret: str, clock: Clock = now) -> None:
        self._key = hmac.digest(secret.encode(), b"revenge tickets 1", hashlib.sha256)
        self._clock = clock
        self.read = lru_cache(_REMEMBERED)(self._verified)
        """Return what a ticket of ours says, whatever it is for and however old; Unauthenticated when it is made up."""

    def issue(self, purpose: str, session: UUID, subject: str, expires: datetime) -> str:
        """Return a ticket that holds until `expires`."""
        body = msgspec.msgpack.encode(Ticket(purpose, session, subject, int(expires.timestamp())))
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def issue_daily(self, purpose: str, session: UUID, subject: str = "") -> str:
        """Return a ticket that is the same string all day long, so that browsers can cache what it opens."""
        today = self._clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return self.issue(purpose, session, subject, today + 2 * DAY)

    def open(self, purpose: str, text: str) -> Ticket:
        """Return what the ticket says; Unauthenticated when it is made up, of another purpose, or too old."""
        ticket = self.read(text)
        if ticket.purpose != purpose:
            raise Unauthenticated("This ticket was not issued here for this; ask for a new one.", code="ticket_invalid")
        if ticket.expires <= self._clock().timestamp():
            raise Unauthenticated("This ticket has expired; ask for a new one.", code="ticket_expired")
        return ticket

    def _verified(self, text: str) -> Ticket:
        try:
            plain = text.encode("ascii").translate(_PLAIN)
            raw = binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
            ticket = msgspec.msgpack.decode(raw[:-_MAC], type=Ticket)
        except (ValueError, msgspec.MsgspecError):
            raise Unauthenticated("This ticket cannot be read; ask for a new one.", code="ticket_invalid") from None
        if not hmac.compare_digest(self._mac(raw[:-_MAC]), raw[-_MAC:]):
            raise Unauthenticated("This ticket was not issued here for this; ask for a new one.", code="ticket_invalid")
        return ticket

    def derive(self, purpose: str, value: str) -> str:
        """Return a stable secret string bound to a value: the CSRF token of a session."""
        return hmac.digest(self._key, f"{purpose}:{value}".encode(), hashlib.sha256).hex()[:32]

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_MAC]
