"""Access tokens and the pages' cookie: signed, short, and good for nothing once their session has ended."""

from datetime import datetime
from typing import Any
from uuid import UUID

import jwt

from revenge.core.clock import Clock, now
from revenge.core.errors import StartRefused, Unauthenticated
from revenge.services.auth.entity import ACCESS_LIFE, Claims, Via

_ALGORITHM = "HS256"
_SHORTEST_SECRET = 32
_LONGEST_TOKEN = 1000
# The time is checked here, by the clock that the rest of the house goes by.
_OPTIONS: Any = {"require": ["sub", "sid", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}


class AccessTokens:
    """Makes and reads JWTs (`sub` the account, `sid` the session, `exp`). A cookie says `use: cookie`; neither is taken for the other."""

    def __init__(self, secret: str, clock: Clock = now) -> None:
        if len(secret.encode()) < _SHORTEST_SECRET:
            raise StartRefused("auth.jwt_secret is too short; it needs at least 32 characters.")
        self._secret = secret.encode()
        self._clock = clock

    def access(self, user_id: UUID, session_id: UUID) -> str:
        """Return a bearer token for the next minutes (`ACCESS_LIFE`)."""
        return self._sign(user_id, session_id, self._clock() + ACCESS_LIFE, {})

    def cookie(self, user_id: UUID, session_id: UUID, expires: datetime) -> str:
        """Return the cookie's value, which holds as long as the session."""
        return self._sign(user_id, session_id, expires, {"use": "cookie"})

    def read(self, credential: str, via: Via) -> Claims:
        """Return what a token says; Unauthenticated when it is not ours, too old, or meant for the other use."""
        try:
            said = jwt.decode(credential[:_LONGEST_TOKEN], self._secret, algorithms=[_ALGORITHM], options=_OPTIONS)
            claims, expires = Claims(UUID(said["sub"]), UUID(said["sid"])), float(said["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
            raise Unauthenticated("This token was not issued here; sign in again.", code="token_invalid") from None
        if said.get("use") != ("cookie" if via == "cookie" else None):
            raise Unauthenticated("This token is for another use; sign in again.", code="token_invalid")
        if expires <= self._clock().timestamp():
            raise Unauthenticated("This token has expired; refresh it, or sign in again.", code="token_expired")
        return claims

    def _sign(self, user_id: UUID, session_id: UUID, expires: datetime, more: dict[str, str]) -> str:
        claims = {"sub": str(user_id), "sid": str(session_id), "exp": int(expires.timestamp()), **more}
        return jwt.encode(claims, self._secret, _ALGORITHM)
