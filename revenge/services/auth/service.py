"""What can be done at the doors: come in, stay in, go, and be recognised."""

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from revenge.core.caller import Caller, Role
from revenge.core.clock import Clock, now
from revenge.core.errors import Unauthenticated
from revenge.services.auth.entity import ACCESS_LIFE, Entered, Login, Stay, Tokens, Via
from revenge.services.auth.proof import Proof
from revenge.services.auth.tokens import AccessTokens
from revenge.services.session.entity import Device, Holder
from revenge.services.session.service import Sessions
from revenge.services.user.service import Users

Visible = Callable[[UUID, Role], Awaitable[tuple[UUID, ...]]]
"""Gives the ids of the libraries a person may see; asked on every request, so whoever answers keeps the answer near."""


class Auth:
    """Signs people in and out, and knows on every request who is asking."""

    def __init__(self, users: Users, sessions: Sessions, proof: Proof, tokens: AccessTokens, visible: Visible, clock: Clock = now) -> None:
        self.users = users
        self.sessions = sessions
        self.proof = proof
        self.access = tokens
        self.visible = visible
        self.clock = clock

    async def login(self, login: Login, device: Device) -> Entered:
        """Let somebody in who knows the password.

        Unauthenticated, in the same words and after the same time, for a wrong password, an unknown name and an account that was shut;
        TooMany after too many wrong passwords.
        """
        account = await self.users.named(login.username)
        if account and not account.user.active:
            account = None
        proven = await self.proof.prove(login.username, account, login.password, device.address)
        if account is None or not proven.right:
            raise Unauthenticated("The name or the password is wrong.", code="wrong_credentials")
        if proven.new_hash:
            await self.users.rehash(account, proven.new_hash)
        return Entered(account.user, await self.sessions.start(account.user.id, device))

    async def refresh(self, token: str, device: Device) -> Entered:
        """Go on with a session by its refresh token, which is exchanged for the next one."""
        session = await self.sessions.refresh(token, device)
        return Entered(await self.users.get(session.user_id), session)

    async def logout(self, caller: Caller) -> None:
        """End the session that asks."""
        await self.sessions.end(caller.session_id, caller, "logout")

    async def authenticate(self, credential: str, via: Via) -> Caller:
        """Return the caller behind an access token or the pages' cookie; Unauthenticated when there is none."""
        claims = self.access.read(credential, via)
        holder = await self.sessions.holder(claims.session_id)
        if holder.user_id != claims.user_id:
            raise Unauthenticated("This token was not issued here; sign in again.", code="token_invalid")
        return await self._caller(holder, via)

    async def of_session(self, session_id: UUID) -> Caller:
        """Return the caller of a session that a ticket names; Unauthenticated when it has ended."""
        return await self._caller(await self.sessions.holder(session_id), "internal")

    def tokens(self, entered: Entered) -> Tokens:
        """Return what a program gets that has just come in."""
        session = entered.session
        access = self.access.access(session.user_id, session.session_id)
        return Tokens(entered.user, access, session.refresh_token, int(ACCESS_LIFE.total_seconds()))

    def cookie(self, entered: Entered) -> Stay:
        """Return what a browser keeps that has just come in through the pages."""
        session = entered.session
        value = self.access.cookie(session.user_id, session.session_id, session.expires_at)
        return Stay(value, int((session.expires_at - self.clock()).total_seconds()))

    async def _caller(self, holder: Holder, via: Literal["bearer", "cookie", "internal"]) -> Caller:
        libraries = await self.visible(holder.user_id, holder.role)
        return Caller(holder.user_id, holder.session_id, holder.username, holder.role, libraries, via)
