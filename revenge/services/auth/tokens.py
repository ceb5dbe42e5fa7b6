"""Access tokens and the pages' cookie: signed, short, and good for nothing once their session has ended."""

from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from msgspec import Struct

from revenge.core.clock import Clock, now
from revenge.core.errors import StartRefused, Unauthenticated
from revenge.services.auth.entity import ACCESS_LIFE, Claims, Via

_ALGORITHM = "HS256"
_SHORTEST_SECRET = 32
_LONGEST_TOKEN = 1000
_REMEMBERED = 2000
"""Tokens whose signature was found right, of about 1 KB each."""
# The time is checked here, by the clock that the rest of the house goes by.
_OPTIONS: Any = {"require": ["sub", "sid", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}


class _Said(Struct, frozen=True):
    """What a token of ours says."""

    claims: Claims
    expires: float
    """Seconds since 1970."""
    use: str | None


class AccessTokens:
    """Makes and reads JWTs (`sub` the account, `sid` the session, `exp`). A cookie says `use: cookie`; neither is taken for the other."""

    def __init__(self, secret: str, clock: Clock = now) -> None:
        if len(secret.encode()) < _SHORTEST_SECRET:
            raise StartRefused("auth.jwt_secret is too short; it needs at least 32 characters.")
        self._secret = secret.encode()
        self._clock = clock
        self._known: dict[str, _Said] = {}

    def access(self, user_id: UUID, session_id: UUID) -> str:
        """Return a bearer token for the next minutes (`ACCESS_LIFE`)."""
        return self._sign(user_id, session_id, self._clock() + ACCESS_LIFE, {})

    def cookie(self, user_id: UUID, session_id: UUID, expires: datetime) -> str:
        """Return the cookie's value, which holds as long as the session."""
        return self._sign(user_id, session_id, expires, {"use": "cookie"})

    def read(self, credential: str, via: Via) -> Claims:
        """Return what a token says; Unauthenticated when it is not ours, too old, or meant for the other use."""
        said = self._known.get(credential)
        if said is None:
            said = self._verified(credential)
            self._remember(credential, said)
        if said.use != ("cookie" if via == "cookie" else None):
            raise Unauthenticated("This token is for another use; sign in again.", code="token_invalid")
        if said.expires <= self._clock().timestamp():
            raise Unauthenticated("This token has expired; refresh it, or sign in again.", code="token_expired")
        return said.claims

    def _verified(self, credential: str) -> "_Said":
        try:
            said = jwt.decode(credential[:_LONGEST_TOKEN], self._secret, algorithms=[_ALGORITHM], options=_OPTIONS)
            return _Said(Claims(UUID(said["sub"]), UUID(said["sid"])), float(said["exp"]), said.get("use"))
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
            raise Unauthenticated("This token was not issued here; sign in again.", code="token_invalid") from None

    def _remember(self, credential: str, said: "_Said") -> None:
        """Spare the next request the signature: a token says the same every time. Only what we signed is kept, and not much of it."""
        if len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[credential] = said

    def _sign(self, user_id: UUID, session_id: UUID, expires: datetime, more: dict[str, str]) -> str:
        claims = {"sub": str(user_id), "sid": str(session_id), "exp": int(expires.timestamp()), **more}
        return jwt.encode(claims, self._secret, _ALGORITHM)
