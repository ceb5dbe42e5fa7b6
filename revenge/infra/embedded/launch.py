"""Become a server: take the lock, drop the rights, tie the life to the node's, and run the program.

Run by its path with `python -I -S`, so it knows the standard library only. Everything here would be unsafe
between fork and exec of a process with threads; in a process of its own it is plain code.

Arguments: parent pid, death signal, uid, gid (-1: stay), lock file ("" for none), then the program's own.
"""

import ctypes
import fcntl
import os
import signal
import sys
from typing import Never

PR_SET_PDEATHSIG = 1
LOCKED = 75
"""Exit status when an older process still holds the lock (EX_TEMPFAIL)."""


def hold(path: str) -> None:
    """Lock the file for the life of the program and of all it forks; the file names our pid."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(LOCKED)
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    os.set_inheritable(lock, True)


def drop(uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def follow(parent: int, farewell: int) -> None:
    """Get `farewell` when the parent dies. Comes after `drop`: a change of user clears it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, farewell, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(0)


def main(parent: str, farewell: str, uid: str, gid: str, lock: str, *program: str) -> Never:
    """Take the lock, drop the rights, follow the parent, become the program."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has its background jobs ignore it, and we may be one
    try:
        if lock:
            hold(lock)
        if int(uid) >= 0:
            drop(int(uid), int(gid))
        follow(int(parent), int(farewell))
        os.execv(program[0], program)  # noqa: S606 - the caller is `spawn`, with a fixed list
    except OSError as error:
        sys.exit(f"FATAL:  cannot run {program[0]} as uid {os.geteuid()}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
