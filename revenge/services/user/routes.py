"""Addresses of accounts: one's own, and all of them for admins."""

from uuid import UUID

from aiohttp import web

from revenge.api.endpoint import Endpoint, delete, get, patch, post
from revenge.api.peer import client_address
from revenge.core.caller import Caller
from revenge.core.page import Page
from revenge.services.user.entity import NewUser, ProfileEdit, User, UserEdit, UserQuery
from revenge.services.user.service import Users


class UserRoutes:
    """Endpoints of accounts."""

    def __init__(self, users: Users) -> None:
        self.users = users

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/api/v1/users/me", self.me, may="account:use"),
            patch("/api/v1/users/me", self.edit_me, may="account:use"),
            get("/api/v1/admin/users", self.page, may="users:manage"),
            post("/api/v1/admin/users", self.add, may="users:manage", status=201),
            get("/api/v1/admin/users/{id}", self.show, may="users:manage"),
            patch("/api/v1/admin/users/{id}", self.edit, may="users:manage"),
            delete("/api/v1/admin/users/{id}", self.remove, may="users:manage"),
        ]

    async def me(self, caller: Caller) -> User:
        """Your own account."""
        return await self.users.get(caller.user_id)

    async def edit_me(self, body: ProfileEdit, caller: Caller, request: web.Request) -> User:
        """Change your own account; a new password ends your sign-ins on all other devices."""
        return await self.users.edit_own(body, caller, client_address(request))

    async def page(self, query: UserQuery) -> Page[User]:
        """All accounts."""
        return await self.users.page(query)

    async def add(self, body: NewUser) -> User:
        """Make an account."""
        return await self.users.make(body)

    async def show(self, id: UUID) -> User:
        """One account."""
        return await self.users.get(id)

    async def edit(self, id: UUID, body: UserEdit, caller: Caller) -> User:
        """Change an account: its role, whether it may sign in, its password."""
        return await self.users.edit(id, body, caller)

    async def remove(self, id: UUID) -> None:
        """Remove an account and everything that is only its own."""
        await self.users.remove(id)
