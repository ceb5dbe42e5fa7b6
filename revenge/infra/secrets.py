"""Secrets nobody had to think of: made once, kept in the data directory, readable by its owner alone."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import choice
from typing import TypeVar

from loguru import logger
from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.core.settings import Loaded, Origin, Secret, converted, fields
from revenge.infra.embedded.disk import refused

T = TypeVar("T", bound=Struct)

_CLEAR = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that are not taken for one another."""


def completed(loaded: Loaded[T], data_dir: Path, *, embedded: bool) -> Loaded[T]:
    """The settings with every secret a node needs.

    With the embedded database, missing ones are made once under `<data_dir>/secrets` and read from there ever after. With a database of its own
    other nodes may use it too, so nothing is made: StartRefused names what must be set.
    """
    missing = [field for field in fields(type(loaded.values)) if field.note("made") and loaded.get(field.path) is None]
    if missing and not embedded:
        raise StartRefused("\n".join(_must_be_set(field.path, field.env, data_dir) for field in missing))
    for field in missing:
        path = _place(data_dir, field.path)
        try:
            value = converted(field, kept(path, field.note("made")))
        except ValueError as error:
            raise StartRefused(f"What {path} holds {error}; put the secret back that was there.") from None
        loaded = loaded.having(field.path, value, Origin("generated", str(path)))
    return loaded


def setup_code(data_dir: Path) -> str:
    """The code that proves, to the setup of a new server, that one can read its log or its data directory."""
    return kept(_code_file(data_dir), lambda: "-".join("".join(choice(_CLEAR) for _ in range(4)) for _ in range(3)))


def forget_setup_code(data_dir: Path) -> None:
    """Remove the code, once the setup is done."""
    with refused(_code_file(data_dir)):
        _code_file(data_dir).unlink(missing_ok=True)


async def setup_is_done(data_dir: Path) -> None:
    """Remove the code while the node runs. A disk that forbids it stops nobody: the code opens nothing any more."""
    try:
        await asyncio.to_thread(forget_setup_code, data_dir)
    except StartRefused as error:
        logger.warning("The setup code stays on the disk until the next start: {}", error)


def fingerprints(loaded: Loaded[T]) -> dict[str, str]:
    """What each shared secret is recognised by, by its path: the same secret gives the same, and it tells nothing else."""
    return {
        field.path: fingerprint(loaded.get(field.path))
        for field in fields(type(loaded.values))
        if field.note("made") and loaded.get(field.path) is not None
    }


def fingerprint(secret: Secret) -> str:
    """The first 16 hex digits of a SHA-256 over the secret."""
    return hashlib.sha256(b"revenge fingerprint 1:" + secret.reveal().encode()).hexdigest()[:16]


def compare(known: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Refuse the start when a secret differs from the one the database knows: tickets and stored secrets would not open."""
    different = sorted(path for path, print_ in own.items() if known.get(path, print_) != print_)
    if different:
        raise StartRefused(
            f"This node has another {' and another '.join(different)} than this database was used with; every node needs the same."
        )


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text in a file of mode 0600; made and written first where there is none, once even when two begin together."""
    with refused(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            with _alone(path):
                if not path.exists():
                    write_whole(path, make())
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return path.read_text().strip()


def write_whole(path: Path, text: str) -> None:
    """Write a file of mode 0600 beside and rename it, so that it is there whole or not at all, even after a power cut."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold off every other process that wants to make the same file."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _must_be_set(path: str, env: str, data_dir: Path) -> str:
    sentence = f"With database.url set, {path} must be set as well ({env}): every node of the database needs the same."
    old = _place(data_dir, path)
    return f"{sentence} The one this node used with its own database is in {old}." if old.is_file() else sentence


def _place(data_dir: Path, path: str) -> Path:
    return data_dir / "secrets" / path


def _code_file(data_dir: Path) -> Path:
    return data_dir / "setup_code"
