"""The files of one folder, changed so that a power cut finds the old content or the new one."""

import os
import zlib
from pathlib import Path
from typing import Protocol

from cluster.errors import Damaged


class Disk(Protocol):
    """What the parts of this package ask of a disk. Every call is on the medium when it returns, or raises OSError."""

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None where there is none."""

    def replace(self, name: str, data: bytes) -> None:
        """Give a file this content, whole or not at all."""

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Put data at an offset of a file that exists, and let the file end there."""


class Folder:
    """A folder of the real disk."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None where there is none."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, name: str, data: bytes) -> None:
        """Write beside it, sync, rename, and sync the folder."""
        beside = self._path / f"{name}.new"
        with beside.open("wb") as file:
            beside.chmod(0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path / name)
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Write, cut what stood behind, and sync the data."""
        descriptor = os.open(self._path / name, os.O_WRONLY)
        try:
            os.ftruncate(descriptor, offset)
            written = 0
            while written < len(data):
                written += os.pwrite(descriptor, data[written:], offset + written)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


LEFT = "left"
"""A file that says: this node has left its cluster, and nobody has asked for it to join again."""


def emptied(path: Path) -> None:
    """Forget the cluster, and say that it was left on purpose."""
    folder = Folder(path)
    folder.replace(LEFT, b"")  # first: a node that lost its vote but not its place would be dangerous
    for file in path.iterdir():
        if file.name != LEFT:
            file.unlink()


def readmitted(path: Path) -> bool:
    """Let the node join again; False where it had not left."""
    there = (path / LEFT).exists()
    (path / LEFT).unlink(missing_ok=True)
    return there


def sealed(data: bytes) -> bytes:
    """Content with a checksum before it."""
    return zlib.crc32(data).to_bytes(4, "big") + data


def unsealed(name: str, data: bytes) -> bytes:
    """The content behind the checksum, or Damaged."""
    if zlib.crc32(data[4:]).to_bytes(4, "big") != data[:4]:
        raise Damaged(
            f"The file {name} of this node's cluster folder is damaged: remove the node from the cluster, empty the folder, join again."
        )
    return data[4:]
