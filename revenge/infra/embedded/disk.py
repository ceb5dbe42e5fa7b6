"""What a disk may answer, as sentences that say what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from revenge.core.errors import StartRefused

_WHY = {
    errno.ENOSPC: "the disk is full. Make room and start again",
    errno.EDQUOT: "the disk quota is used up. Make room and start again",
    errno.EROFS: "the file system is read-only. Mount it for writing, or choose another directory with REVENGE_DATA_DIR",
    errno.EACCES: "the node may not write there. Give it the right to, or choose another directory with REVENGE_DATA_DIR",
    errno.EPERM: "the node may not write there. Give it the right to, or choose another directory with REVENGE_DATA_DIR",
    errno.ENOTDIR: "a file is in the way. Choose another directory with REVENGE_DATA_DIR",
    errno.EEXIST: "a file is in the way. Choose another directory with REVENGE_DATA_DIR",
    errno.ENAMETOOLONG: "the path is too long. Choose a shorter one with REVENGE_DATA_DIR",
}


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal inside the block into a StartRefused that names the path."""
    try:
        yield
    except OSError as error:
        why = _WHY.get(error.errno or 0, f"{error.strerror}")
        raise StartRefused(f"Cannot use {path}: {why}.") from error
