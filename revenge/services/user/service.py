"""What can be done with accounts."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from msgspec import UNSET

from revenge.core.caller import Caller, Role
from revenge.core.data import Transactions, Writing
from revenge.core.errors import Conflict, Invalid, absent
from revenge.core.page import Page
from revenge.services.user.entity import (
    CHECKS,
    Account,
    NewUser,
    ProfileEdit,
    Proven,
    User,
    UserEdit,
    UserQuery,
    checked_password,
    name_key,
)
from revenge.services.user.repository import UserRepository


class Proof(Protocol):
    """Hashes passwords, and checks them no faster than a person types."""

    async def hash(self, password: str) -> str:
        """Return what is stored instead of the password."""

    async def prove(self, name: str, account: Account | None, password: str, address: str) -> Proven:
        """Whether the password is the account's; TooMany after too many wrong ones."""


class SignIns(Protocol):
    """The open sessions of people whose password or standing changes. Both return what to `forget` after the transaction."""

    async def outdate(self, db: Writing, user_id: UUID) -> Sequence[UUID]:
        """Make all nodes look again at who is behind a person's sessions, with the transaction."""

    async def end_all(self, db: Writing, user_id: UUID, reason: str, keep: UUID | None = None) -> Sequence[UUID]:
        """End all sessions of a person but the one to keep, with the transaction."""

    async def forget(self, ids: Sequence[UUID]) -> None:
        """Drop sessions from what this node holds."""


class Users:
    """Accounts: make, find, change, remove. There is always an admin who can sign in."""

    def __init__(self, database: Transactions, proof: Proof, sign_ins: SignIns) -> None:
        self.database = database
        self.store = UserRepository()
        self.proof = proof
        self.sign_ins = sign_ins

    async def get(self, id: UUID) -> User:
        """Return the account, or NotFound."""
        async with self.database.read() as db:
            user = await self.store.find(db, id)
        return user or absent("user", id)

    async def page(self, query: UserQuery) -> Page[User]:
        """Return one page of all accounts."""
        async with self.database.read() as db:
            return await self.store.page(db, query)

    async def named(self, name: str) -> Account | None:
        """Return the account somebody means who signs in with this username or e-mail address."""
        async with self.database.read() as db:
            return await self.store.account_named(db, name_key(name))

    async def has_admin(self) -> bool:
        """Whether there is an admin."""
        async with self.database.read() as db:
            return await self.store.any_admin(db)

    async def add(self, username: str, email: str, password: str, role: Role = "user") -> User:
        """Make an account; Invalid names a field that cannot stay as it is, Conflict one that is taken."""
        return await self.make(NewUser(username, email, password, role))

    async def make(self, new: NewUser) -> User:
        """Make an account."""
        values = await self.prepare(new)
        async with self.database.write() as db:
            return await self.store.insert(db, values)

    async def prepare(self, new: NewUser) -> dict[str, Any]:
        """Check a new account and hash its password, before any transaction is opened: that takes its time."""
        plain = _checked(
            {"username": new.username, "email": new.email, "display_name": new.display_name or new.username, "locale": new.locale}
        )
        return {**plain, "role": new.role, "password_hash": await self.proof.hash(checked_password(new.password))}

    async def make_first_admin(self, db: Writing, values: dict[str, Any]) -> User:
        """Store a prepared account if there is no admin yet; Conflict otherwise, and for all but one who try at once."""
        await self.store.hold_admins(db)
        if await self.store.any_admin(db):
            raise Conflict("This server is set up already; sign in instead.", code="setup_done")
        return await self.store.insert(db, {**values, "role": "admin"})

    async def rehash(self, account: Account, new_hash: str) -> None:
        """Keep the same password under newer parameters."""
        async with self.database.write() as db:
            await self.store.replace_hash(db, account.user.id, account.password_hash, new_hash)

    async def edit_own(self, edit: ProfileEdit, caller: Caller, address: str) -> User:
        """Change the caller's own account. A new password wants the current one, and ends all other sign-ins."""
        changes = _checked(_sent(edit, "display_name", "locale"))
        if edit.password is not UNSET:
            changes["password_hash"] = await self._new_hash(edit, caller, address)
        return await self._change(caller.user_id, changes, keep=caller.session_id)

    async def edit(self, id: UUID, edit: UserEdit, caller: Caller) -> User:
        """Change an account as an admin. Conflict when nobody would be left who can administer."""
        changes = _checked(_sent(edit, "email", "display_name", "locale")) | _sent(edit, "role", "active")
        if edit.password is not UNSET:
            changes["password_hash"] = await self.proof.hash(checked_password(edit.password))
        return await self._change(id, changes, keep=caller.session_id)

    async def remove(self, id: UUID) -> None:
        """Remove an account with everything that is only its own; Conflict for the last admin."""
        async with self.database.write() as db:
            await self.store.hold_admins(db)
            user = await self.store.lock(db, id) or absent("user", id)
            await self._keep_an_admin(db, user, None)
            held = await self.sign_ins.end_all(db, id, "removed")
            await self.store.delete(db, id)
        await self.sign_ins.forget(held)

    async def _change(self, id: UUID, changes: dict[str, Any], keep: UUID) -> User:
        async with self.database.write() as db:
            if changes.keys() & {"role", "active"}:
                await self.store.hold_admins(db)
            user = await self.store.lock(db, id) or absent("user", id)
            if not changes:
                return user
            changed = await self.store.change(db, id, changes)
            await self._keep_an_admin(db, user, changed)
            held = await self.sign_ins.outdate(db, id)
            if not changed.active:
                await self.sign_ins.end_all(db, id, "inactive")
            elif "password_hash" in changes:
                await self.sign_ins.end_all(db, id, "password", keep)
        await self.sign_ins.forget(held)
        return changed

    async def _keep_an_admin(self, db: Writing, before: User, after: User | None) -> None:
        if _administers(before) and not (after and _administers(after)) and not await self.store.other_admin(db, before.id):
            raise Conflict("This is the last admin; make somebody else an admin first.", code="last_admin")

    async def _new_hash(self, edit: ProfileEdit, caller: Caller, address: str) -> str:
        """Return the hash of a new password, once the current one has been shown."""
        async with self.database.read() as db:
            account = await self.store.account(db, caller.user_id) or absent("user", caller.user_id)
        password = checked_password(str(edit.password))
        current = "" if edit.current_password is UNSET else edit.current_password
        if not (await self.proof.prove(account.user.username, account, current, address)).right:
            raise Invalid("current_password: this is not your password.", code="wrong_password", field="current_password")
        return await self.proof.hash(password)


def _administers(user: User) -> bool:
    return user.role == "admin" and user.active


def _sent(edit: ProfileEdit | UserEdit, *names: str) -> dict[str, Any]:
    """Return those fields of an edit that were sent."""
    return {name: value for name in names if (value := getattr(edit, name)) is not UNSET}


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    return {name: CHECKS[name](value) for name, value in values.items()}
