"""What a sign-in is, and how its refresh tokens follow one another."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from ipaddress import IPv6Network, ip_address
from typing import Literal
from uuid import UUID

from msgspec import Struct

from revenge.core.caller import Role

MOST_SESSIONS = 10
"""Open sign-ins of one person; one more ends the one that was not seen for longest."""
LIFETIME = timedelta(days=30)
IDLE = timedelta(days=7)
"""A device that was not seen for so long has to sign in again."""
SEEN_EVERY = timedelta(minutes=5)
"""How often it is written down that a device was seen."""

_LONGEST_NAME = 100
_LONGEST_AGENT = 500

Outcome = Literal["fresh", "raced", "reused", "unknown"]


class Device(Struct, frozen=True):
    """What somebody signs in from."""

    address: str
    """The client's address as text, or `local` for a local socket."""
    user_agent: str = ""
    name: str | None = None
    """What the person or the program calls it."""

    @property
    def network(self) -> str:
        """What counts as one place: an IPv4 address, or the /64 that one IPv6 household has."""
        try:
            address = ip_address(self.address.partition("%")[0])
        except ValueError:
            return "local"
        address = getattr(address, "ipv4_mapped", None) or address
        return str(address) if address.version == 4 else str(IPv6Network((address, 64), strict=False))

    @property
    def agent(self) -> str:
        """The program's own words, as far as they can be stored."""
        return _readable(self.user_agent, _LONGEST_AGENT)

    @property
    def title(self) -> str | None:
        """The name, as far as it can be stored."""
        return _readable(self.name or "", _LONGEST_NAME) or None


class Session(Struct, frozen=True):
    """One device that is signed in, as its owner sees it."""

    id: UUID
    created_at: datetime
    device_name: str | None
    ip: str
    user_agent: str
    last_seen_at: datetime
    expires_at: datetime
    current: bool = False
    """Whether it is the one that asks."""


class Holder(Struct, frozen=True):
    """Whose session it is: what every request needs to know, and what caches hold."""

    session_id: UUID
    user_id: UUID
    username: str
    role: Role
    expires_at: datetime
    last_seen_at: datetime


class Started(Struct, frozen=True):
    """A session somebody may go on with, and the token for its next refresh."""

    session_id: UUID
    user_id: UUID
    expires_at: datetime
    refresh_token: str

    def __repr__(self) -> str:
        return f"Started({self.session_id})"


class StoredToken(Struct, frozen=True):
    """A refresh token as the database knows it, with the standing of its session."""

    session_id: UUID
    user_id: UUID
    user_agent: str
    expires_at: datetime
    open: bool
    """Whether the session is neither ended nor over and its account may sign in."""
    used_at: datetime | None
    salt: bytes | None
    """What its successor was made with, once it was used."""

    def outcome(self, device: Device, *, came_unused: bool) -> Outcome:
        """What showing this token means, when it `came_unused`: nobody had used it yet when the request that shows it arrived.

        One that was used between then and now, by the same program, was shown by two tabs at once. However soon it comes after that, or
        from another program, it is a copy in the wrong hands. No clock is asked: a thief may be quick.
        """
        if not self.open:
            return "unknown"
        if self.used_at is None:
            return "fresh"
        return "raced" if came_unused and self.user_agent == device.agent else "reused"


def session_tag(id: UUID) -> str:
    """Return the tag under which caches hold this session."""
    return f"session:{id}"


def new_token() -> str:
    """Return the first refresh token of a session: 32 random bytes."""
    return secrets.token_urlsafe(32)


def successor(token: str, salt: bytes, key: bytes) -> str:
    """Return the token that follows this one.

    It is made of the token itself, of 32 random bytes that are stored when the token is used, and of the server's key: whoever shows the
    same token twice in a race gets the same successor, though only hashes of tokens are stored. So two tabs stay on one chain, and a
    chain that has two holders breaks at the first refresh that is not a race.
    """
    made = hmac.digest(key, token.encode(errors="replace") + b"\0" + salt, hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def fingerprint(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _readable(text: str, longest: int) -> str:
    plain = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cs"})
    return plain.strip()[:longest]
