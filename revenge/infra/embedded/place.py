"""Where the servers' data, sockets and programs lie, so that the user they run as can reach them.

PostgreSQL refuses to run as root, so a node started by root runs its servers as an ordinary user. That user often
cannot walk the path to the data (a home directory, a temporary directory of mode 0700): the servers therefore run
*inside* their data directory and name it `/proc/self/cwd`, which needs no walking. Sockets and programs are reached
by path, so they are put where the path is open.
"""

import hashlib
import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.infra.embedded.disk import refused

SOCKET_PATH_LIMIT = 107
"""Bytes in the path of a unix socket (sockaddr_un)."""
_LONGEST_SOCKET = "postgres/.s.PGSQL.5432"
_SERVICE_USERS = ("revenge", "postgres", "nobody")


class User(Struct, frozen=True):
    """A system user, by numbers."""

    uid: int
    gid: int


def service_user(directory: Path) -> User | None:
    """Whom a server with this data directory runs as; None means as ourselves.

    For root: whoever owns the data already, else the first that exists of `revenge`, `postgres`, `nobody`. No user is
    created. Raises StartRefused when the data belong to somebody else than us and we are not root.
    """
    owner = directory.stat().st_uid if directory.exists() else 0
    if os.geteuid() != 0:
        if directory.exists() and owner != os.geteuid():
            raise StartRefused(
                f"{directory} belongs to {_name(owner)}, and the node runs as {_name(os.geteuid())}. Run it as {_name(owner)}."
            )
        return None
    if owner:
        return _user(owner)
    for name in _SERVICE_USERS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return User(entry.pw_uid, entry.pw_gid)
    raise StartRefused(
        "The embedded servers cannot run as root and there is no user `revenge` or `nobody` to run them as. Run the node as an ordinary user."
    )


def _user(uid: int) -> User:
    with suppress(KeyError):
        return User(uid, pwd.getpwuid(uid).pw_gid)
    return User(uid, uid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def can_walk(path: Path, user: User) -> bool:
    """Whether the user may pass through every directory of the path, as far as it exists, by owner and mode."""
    return all(_may_pass(folder, user) for folder in (path, *path.parents) if folder.is_dir())


def _may_pass(folder: Path, user: User) -> bool:
    status = folder.stat()
    if user.uid == 0:
        return True
    if status.st_uid == user.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def runtime_dir(data_dir: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the sockets of a node with this data directory stand: the same answer every time it is asked.

    `$RUNTIME_DIRECTORY` (systemd sets it) if given; `<data>/run` where its path is short enough for sockets and open to
    the servers' user; else a directory named after the data directory in `$XDG_RUNTIME_DIR`, `/run` or `/tmp`.
    Raises StartRefused when no place will do.
    """
    user = service_user(data_dir / "postgres") or User(os.geteuid(), os.getegid())
    if given := environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        return short(Path(given).absolute())
    data_dir = data_dir.absolute()
    for place in _candidates(data_dir, environ):
        if can_walk(place, user) and _is_short(place):
            return place
    raise StartRefused(
        f"No place for the servers' sockets: the path {data_dir} is too long or closed to {_name(user.uid)}. Set RUNTIME_DIRECTORY to a short path."
    )


def _candidates(data_dir: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    yield data_dir / "run"
    name = f"revenge-{os.geteuid()}-{hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:8]}"
    for base in (environ.get("XDG_RUNTIME_DIR"), "/run", "/tmp"):  # noqa: S108 - `own_directory` refuses a foreign one
        if base and os.access(base, os.W_OK | os.X_OK):
            yield Path(base) / name


def _is_short(place: Path) -> bool:
    return len(os.fsencode(place / _LONGEST_SOCKET)) <= SOCKET_PATH_LIMIT


def short(place: Path) -> Path:
    """The place itself. Raises StartRefused when a socket in it would have too long a path."""
    if _is_short(place):
        return place
    raise StartRefused(
        f"The path {place} is too long for the servers' sockets ({SOCKET_PATH_LIMIT - len(_LONGEST_SOCKET) - 1} bytes at most). "
        "Set RUNTIME_DIRECTORY to a shorter one."
    )


def open_way(directory: Path) -> None:
    """Make a directory of ours that the servers' user may pass through. Raises StartRefused when it is not ours."""
    with refused(directory):
        directory.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        status = directory.lstat()
    if directory.is_symlink() or status.st_uid not in {os.geteuid(), 0}:
        raise StartRefused(f"{directory} is not ours (it belongs to {_name(status.st_uid)}). Remove it or set RUNTIME_DIRECTORY.")


def own_directory(directory: Path, user: User | None) -> None:
    """Make a directory of mode 0700 that belongs to the servers' user, with all that is in it."""
    with refused(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        if user is not None and directory.stat().st_uid != user.uid:
            _give(directory, user)


def _give(directory: Path, user: User) -> None:
    for folder, folders, files in os.walk(directory):
        for name in (*folders, *files):
            os.chown(os.path.join(folder, name), user.uid, user.gid, follow_symlinks=False)  # noqa: PTH118 - os.walk speaks strings
    os.chown(directory, user.uid, user.gid)


def within(directory: Path, user: User | None) -> str:
    """How a server that runs inside the directory names it."""
    return str(directory) if user is None else "/proc/self/cwd"


def runnable(program: Path, user: User | None) -> str | None:
    """What the program answers to `--version` when this user runs it; None when it cannot be run."""
    uid, gid, groups = (None, None, None) if user is None else (user.uid, user.gid, [])
    try:
        run = subprocess.run(
            [program, "--version"],
            stdout=subprocess.PIPE,
            text=True,
            timeout=30,
            check=True,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=groups,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip()
