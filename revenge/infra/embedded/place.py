"""Where the servers' data and sockets lie, so that the user they run as can reach them.

That user often cannot walk the path to the data (a home directory, a temporary directory of mode 0700). The servers
therefore run *inside* their data directory and call it `/proc/self/cwd`, which needs no walking. Sockets are reached by
path, so they are put where the path is open, and short enough.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from revenge.core.errors import StartRefused
from revenge.infra.embedded import user as users
from revenge.infra.embedded.disk import refused
from revenge.infra.embedded.user import User

SOCKET_PATH_LIMIT = 107
"""Bytes in the path of a unix socket (sockaddr_un)."""
_LONGEST_SOCKET = "postgres/.s.PGSQL.5432"


def runtime_dir(data_dir: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the sockets of a node with this data directory stand; looks at the disk, changes nothing.

    `$RUNTIME_DIRECTORY` (systemd sets it) if given; `<data>/run` where its path is short enough for sockets and open to
    the servers' user; else a directory named after the data directory in `$XDG_RUNTIME_DIR`, `/run` or `/tmp`.
    Raises StartRefused when no place will do.
    """
    data_dir = data_dir.absolute()
    if given := environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        return short(Path(given).absolute())
    user = users.service_user(data_dir / "postgres")
    for place in _candidates(data_dir, environ):
        if _fits(place) and users.can_walk(place, user):
            return place
    raise StartRefused(
        f"No place for the sockets of the embedded servers: the path {data_dir} is too long or has a comma. Set RUNTIME_DIRECTORY to a short one."
    )


def _candidates(data_dir: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    yield data_dir / "run"
    name = f"revenge-{os.geteuid()}-{hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:8]}"
    for base in (environ.get("XDG_RUNTIME_DIR"), "/run", "/tmp"):  # noqa: S108 - `make_run` refuses one that is not ours
        if base and os.access(base, os.W_OK | os.X_OK):
            yield Path(base) / name


def _fits(place: Path) -> bool:
    return len(os.fsencode(place / _LONGEST_SOCKET)) <= SOCKET_PATH_LIMIT and "," not in str(place)  # a comma parts hosts


def short(place: Path) -> Path:
    """The place itself. Raises StartRefused when a socket in it would have too long a path."""
    if _fits(place):
        return place
    longest = SOCKET_PATH_LIMIT - len(_LONGEST_SOCKET) - 1
    raise StartRefused(
        f"The path {place} will not do for sockets ({longest} bytes at most, no comma). Set RUNTIME_DIRECTORY to a shorter one."
    )


def make_data(data_dir: Path) -> None:
    """Make the data directory where there is none. Raises StartRefused when that cannot be."""
    with refused(data_dir):
        _make(data_dir)


def make_run(runtime_dir: Path) -> None:
    """Make the directory of the sockets. Raises StartRefused when somebody else put something there (think of `/tmp`)."""
    short(runtime_dir)
    with refused(runtime_dir):
        _make(runtime_dir)
        owner = runtime_dir.lstat().st_uid
    if runtime_dir.is_symlink() or owner not in {os.geteuid(), 0}:
        raise StartRefused(
            f"{runtime_dir} belongs to {users.name(owner)}, not to this node. Remove it, or set RUNTIME_DIRECTORY to another path."
        )


def _make(directory: Path) -> None:
    """Make it and what is missing above it; when root does, the servers' user may pass through, whatever the umask."""
    if directory.is_dir():
        return
    if directory.parent != directory:
        _make(directory.parent)
    directory.mkdir(exist_ok=True)
    directory.chmod(0o711 if os.geteuid() == 0 else 0o700)


def make_own(directory: Path, user: User | None) -> None:
    """Make a directory of mode 0700 that belongs to the servers' user, with all that is in it."""
    with refused(directory):
        directory.mkdir(mode=0o700, exist_ok=True)
        directory.chmod(0o700)
        foreign = user is not None and directory.stat().st_uid != user.uid
    if user is not None and foreign:
        _give(directory, user)


def _give(directory: Path, user: User) -> None:
    try:
        for folder, folders, files in os.walk(directory):
            for entry in (*folders, *files):
                os.chown(Path(folder, entry), user.uid, user.gid, follow_symlinks=False)
        os.chown(directory, user.uid, user.gid)
    except PermissionError as error:
        raise StartRefused(
            f"{directory} cannot be given to {users.name(user.uid)}, whom the embedded servers run as. Run the node as an ordinary user who owns it."
        ) from error


def leave(*directories: Path) -> None:
    """Remove the directories that are empty by now."""
    for directory in directories:
        with suppress(OSError):
            directory.rmdir()


def within(directory: Path, user: User | None) -> str:
    """How a server that runs inside the directory names it."""
    return str(directory) if user is None else "/proc/self/cwd"
