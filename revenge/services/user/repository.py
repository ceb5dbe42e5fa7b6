"""How accounts are found and stored."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from revenge.core.data import Reading, Writing
from revenge.core.errors import Conflict
from revenge.core.page import Page
from revenge.infra.database import Listing, Sort, columns_of
from revenge.services.user.entity import Account, User, UserQuery, name_key
from revenge.services.user.tables import users

_ADMINS_LOCK = 0x7265_7661_646D  # whoever changes who is an admin holds this, so that the last one is never lost
_COLUMNS = columns_of(User, users)
_ID = users.c.id == bindparam("user_id")
_FIND = select(*_COLUMNS).where(_ID)
_LOCK = _FIND.with_for_update(key_share=True)
_ACCOUNT = select(*_COLUMNS, users.c.password_hash)
_BY_ID = _ACCOUNT.where(_ID)
_BY_NAME = _ACCOUNT.where(or_(users.c.username_key == bindparam("key"), users.c.email_key == bindparam("key")))
_INSERT = insert(users).returning(*_COLUMNS)
_NEW_HASH = update(users).where(_ID, users.c.password_hash == bindparam("old")).values(password_hash=bindparam("new"))
_DELETE = delete(users).where(_ID)
_HOLD_ADMINS = select(func.pg_advisory_xact_lock(_ADMINS_LOCK))
_IS_ADMIN = and_(users.c.role == "admin", users.c.active)
_ANY_ADMIN = select(exists().where(users.c.role == "admin"))
_OTHER_ADMIN = select(exists().where(_IS_ADMIN, users.c.id != bindparam("user_id")))

SORTS = {"username": Sort(users.c.username_key), "-created_at": Sort(users.c.created_at.desc(), users.c.id.desc())}
_LISTING = Listing(select(*_COLUMNS), User, SORTS)


class UserRepository:
    """Accounts by id and by either name; names and addresses are compared folded."""

    async def find(self, db: Reading, id: UUID) -> User | None:
        """Return the account."""
        row = (await db.execute(_FIND, {"user_id": id})).one_or_none()
        return User(*row) if row else None

    async def lock(self, db: Writing, id: UUID) -> User | None:
        """Return the account and keep others from changing it until the transaction ends."""
        row = (await db.execute(_LOCK, {"user_id": id})).one_or_none()
        return User(*row) if row else None

    async def account(self, db: Reading, id: UUID) -> Account | None:
        """Return the account with its password hash."""
        return _account((await db.execute(_BY_ID, {"user_id": id})).one_or_none())

    async def account_named(self, db: Reading, key: str) -> Account | None:
        """Return the account of this folded username or e-mail address; a username has no `@`, so there is at most one."""
        return _account((await db.execute(_BY_NAME, {"key": key})).one_or_none())

    async def page(self, db: Reading, query: UserQuery) -> Page[User]:
        """Return one page of all accounts."""
        return await _LISTING.page(db, query, query.sort, {})

    async def insert(self, db: Writing, values: Mapping[str, Any]) -> User:
        """Store a new account; Conflict when its name or address is taken."""
        try:
            return User(*(await db.execute(_INSERT, _with_keys(values))).one())
        except IntegrityError as error:
            raise _taken(error) from None

    async def change(self, db: Writing, id: UUID, values: Mapping[str, Any]) -> User:
        """Set some fields of an account that exists; Conflict when a name or address is taken."""
        try:
            statement = update(users).where(_ID).values(**_with_keys(values)).returning(*_COLUMNS)
            return User(*(await db.execute(statement, {"user_id": id})).one())
        except IntegrityError as error:
            raise _taken(error) from None

    async def replace_hash(self, db: Writing, id: UUID, old: str, new: str) -> None:
        """Store a new hash of the same password, unless the password was changed meanwhile."""
        await db.execute(_NEW_HASH, {"user_id": id, "old": old, "new": new})

    async def delete(self, db: Writing, id: UUID) -> None:
        """Remove the account and everything that hangs on it."""
        await db.execute(_DELETE, {"user_id": id})

    async def hold_admins(self, db: Writing) -> None:
        """Let nobody else change who is an admin until the transaction ends."""
        await db.execute(_HOLD_ADMINS)

    async def any_admin(self, db: Reading) -> bool:
        """Whether there is an admin at all."""
        return bool((await db.execute(_ANY_ADMIN)).scalar_one())

    async def other_admin(self, db: Reading, id: UUID) -> bool:
        """Whether somebody else is an admin who can sign in."""
        return bool((await db.execute(_OTHER_ADMIN, {"user_id": id})).scalar_one())


def _account(row: Any) -> Account | None:
    return Account(User(*row[:-1]), row[-1]) if row else None


def _with_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    keys = {f"{name}_key": name_key(values[name]) for name in ("username", "email") if name in values}
    return {**values, **keys}


def _taken(error: IntegrityError) -> Exception:
    """Return the error that says what is taken; any other broken rule is ours and stays as it is."""
    if "users_by_username" in str(error.orig):
        return Conflict("username: this name is taken.", code="username_taken", field="username")
    if "users_by_email" in str(error.orig):
        return Conflict("email: this address belongs to another account.", code="email_taken", field="email")
    return error
