"""Whom the servers run as, and what that user can reach.

PostgreSQL refuses to run as root, so a node started by root runs its servers as an ordinary user.
"""

import os
import pwd
import subprocess
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from revenge.core.errors import StartRefused

_NAMES = ("revenge", "postgres", "nobody")
"""Whom root lends the servers to, best first. No user is ever created."""


class User(Struct, frozen=True):
    """A system user, by numbers."""

    uid: int
    gid: int


def service_user(directory: Path) -> User | None:
    """Whom a server with this data directory runs as; None means as ourselves.

    For root: whoever owns the data already, else the first of `_NAMES` that exists. Raises StartRefused when there is
    none, and when the data belong to somebody else than us and we are not root.
    """
    owner = directory.stat().st_uid if directory.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise StartRefused(
                f"{directory} belongs to {name(owner)}, but the node runs as {name(os.geteuid())}. Run it as {name(owner)} or root."
            )
        return None
    if owner:
        return _numbers(owner)
    for candidate in _NAMES:
        with suppress(KeyError):
            entry = pwd.getpwnam(candidate)
            return User(entry.pw_uid, entry.pw_gid)
    raise StartRefused(
        "The embedded servers refuse to run as root, and there is no user `revenge` or `nobody`. Run the node as an ordinary user."
    )


def _numbers(uid: int) -> User:
    with suppress(KeyError):
        return User(uid, pwd.getpwuid(uid).pw_gid)
    return User(uid, uid)


def name(uid: int | None) -> str:
    """How people call the user."""
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"user {uid}"


def check_named(user: User | None) -> None:
    """Raise StartRefused for a user without a name: PostgreSQL makes no database for one."""
    uid = os.geteuid() if user is None else user.uid
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise StartRefused(
            f"The node runs as uid {uid}, which has no name in /etc/passwd, and PostgreSQL makes no database for a nameless user. "
            "Start it once as root (a container: without `user:`), give the uid a name, or set database.url."
        ) from None


def can_walk(path: Path, user: User | None) -> bool:
    """Whether the user may pass through every directory of the path, as far as it exists, by owner and mode."""
    if user is None:
        return os.access(next(folder for folder in (path, *path.parents) if folder.exists()), os.X_OK)
    whole = path.resolve()
    return all(_may_pass(folder, user) for folder in (whole, *whole.parents) if folder.is_dir())


def _may_pass(folder: Path, user: User) -> bool:
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def runnable(program: Path, user: User | None) -> str | None:
    """What the program answers to `--version` when this user runs it; None when it cannot be run."""
    uid, gid = (None, None) if user is None else (user.uid, user.gid)
    groups: list[int] | None = None if user is None else []
    call = [str(program), "--version"]
    try:
        said = subprocess.check_output(call, text=True, timeout=30, cwd="/", user=uid, group=gid, extra_groups=groups)
    except PermissionError as error:
        if user is not None and error.filename is None:  # not the program: the change of user
            raise StartRefused(
                f"The node runs as root but may not become {name(user.uid)}, and PostgreSQL refuses root. Run the node as an ordinary user."
            ) from error
        return None
    except (OSError, subprocess.SubprocessError):
        return None
    return said.strip()
