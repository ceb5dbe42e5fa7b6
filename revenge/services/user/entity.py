"""What an account is, and what its name, address and password may look like."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from revenge.core.caller import Role
from revenge.core.errors import Invalid
from revenge.core.page import PageQuery

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
_LONGEST_NAME = 64
_LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

Password = Annotated[
    str, Meta(description="At least 8 characters.", extra_json_schema={"minLength": SHORTEST_PASSWORD, "format": "password"})
]


class User(Struct, frozen=True):
    """An account as its owner and the admins see it."""

    id: UUID
    username: str
    email: str
    display_name: str
    role: Role
    locale: str | None
    """The language chosen, as a BCP 47 tag; None follows the browser."""
    active: bool
    """False: the account cannot sign in."""
    created_at: datetime
    last_seen_at: datetime | None


class Account(Struct, frozen=True):
    """An account with what its password is checked against; it never leaves the server."""

    user: User
    password_hash: str


class Proven(Struct, frozen=True):
    """What came of showing a password."""

    right: bool
    new_hash: str | None = None
    """The same password under newer parameters, to be stored."""


class Private(Struct, frozen=True):
    """A body that holds a password or token: printing or logging it shows its name alone."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class NewUser(Private, frozen=True, forbid_unknown_fields=True):
    """What is needed to make an account."""

    username: str
    email: str
    password: Password
    role: Role = "user"
    display_name: str | None = None
    locale: str | None = None


class ProfileEdit(Private, frozen=True, forbid_unknown_fields=True):
    """What people may change in their own account; a new password wants the current one and ends all other sign-ins."""

    display_name: str | UnsetType = UNSET
    locale: str | UnsetType | None = UNSET
    password: Password | UnsetType = UNSET
    current_password: str | UnsetType = UNSET


class UserEdit(Private, frozen=True, forbid_unknown_fields=True):
    """What an admin may change in any account; a new password or `active: false` ends the account's sign-ins."""

    email: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    locale: str | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class UserQuery(PageQuery, frozen=True, kw_only=True):
    """How the list of accounts is asked for."""

    sort: Literal["username", "-created_at"] = "username"


def name_key(text: str) -> str:
    """Return the form in which names and addresses are compared: `Jürgen` and `JÜRGEN` are one person.

    Any text is taken, since strangers type it: what PostgreSQL cannot hold is replaced, and what no name is long enough for is cut.
    """
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())
    readable = composed.encode(errors="replace").decode()
    return readable.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_EMAIL]


def checked_username(text: str) -> str:
    """Return the name as it is stored; Invalid when it cannot be one."""
    name = unicodedata.normalize("NFKC", text.strip())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise Invalid("username: choose a name of 1 to 64 characters.", code="username_invalid", field="username")
    if not name[0].isalnum() or any(unicodedata.category(letter)[0] not in "LMN" and letter not in "._-" for letter in name):
        raise Invalid(
            "username: use letters, digits, dots, hyphens and underscores, beginning with a letter or digit.",
            code="username_invalid",
            field="username",
        )
    return name


def checked_email(text: str) -> str:
    """Return the address as it is stored; Invalid when it cannot be one."""
    email = unicodedata.normalize("NFC", text.strip())
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise Invalid("email: this is not an e-mail address; write it like name@example.org.", code="email_invalid", field="email")
    return email


def checked_password(text: str) -> str:
    """Return the password as it was typed; Invalid when it is too short, too long or not text."""
    if len(text) < SHORTEST_PASSWORD:
        raise Invalid("password: choose at least 8 characters.", code="password_too_short", field="password")
    if len(text) > LONGEST_PASSWORD or not _is_text(text):
        raise Invalid("password: choose at most 1024 characters of plain text.", code="password_invalid", field="password")
    return text


def checked_display_name(text: str) -> str:
    """Return the name that is shown; Invalid when it is empty, too long or not printable."""
    name = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise Invalid("display_name: choose a name of 1 to 64 printable characters.", code="display_name_invalid", field="display_name")
    return name


def checked_locale(text: str | None) -> str | None:
    """Return the language tag; Invalid when it is none."""
    if text is not None and not (len(text) <= 35 and _LOCALE.fullmatch(text)):
        raise Invalid("locale: this is not a language tag; write it like en, de or pt-BR.", code="locale_invalid", field="locale")
    return text


CHECKS: dict[str, Callable[..., object]] = {
    "username": checked_username,
    "email": checked_email,
    "display_name": checked_display_name,
    "locale": checked_locale,
}
"""What each field that is stored as it was written must pass."""


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
