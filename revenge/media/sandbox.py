"""The locks a child puts on itself before it opens the first untrusted file.

Every lock is tried and none is required: containers forbid some and old kernels lack others. What holds is reported once.
The order matters: the network is left first of all, since without root only a process of one thread may, and libraries start threads when they
are warmed. Imports and one trial decode come before the rest (a late import fails here and would look like a broken file), giving up root
clears the parent-death signal, and the system call filter comes last.
"""

import ctypes
import os
import resource
import signal
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from revenge.media.limits import Limits
from revenge.media.syscalls import filter_program

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_WRITE_FILE, _READ_FILE, _READ_FOLDER, _IOCTL = 1 << 1, 1 << 2, 1 << 3, 1 << 15
_IOCTL_ABI = 5
_DRIVERS = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/proc/driver", "/sys/bus", "/sys/class/drm", "/sys/dev", "/sys/devices")
"""What drivers of graphics cards read."""
_NOBODY = 65534
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_WHO_PROCESS, _IDLE_CLASS = 1, 3


def take_turns() -> None:
    """Run as ordinary processes do, whatever the node became.

    FFmpeg's AV1 encoder makes root's whole process real-time, and a decoder that inherits that leaves nothing to anybody else.
    """
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def leave_network() -> dict[str, str]:
    """Put on the first lock, while the process has one thread; the answer says `on` or why not."""
    return {"network": _try(_leave_network)}


def lock(limits: Limits) -> dict[str, str]:
    """Put on every other lock there is; the answer says of each `on` or why not."""
    locks: dict[str, Callable[[], None]] = {
        "nice": lambda: _step_back(limits),
        "nobody": lambda: _become_nobody(limits.devices),
        "limits": lambda: _limit(limits),
        "no_new_privileges": lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1),
        "landlock": lambda: _leave_files(limits.devices),
        "seccomp": _filter_calls,
    }
    return {name: _try(put_on) for name, put_on in locks.items()}


def die_with(parent: int) -> None:
    """End this process when the node ends, even by `kill -9`; at once if it already has."""
    with suppress(OSError):
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def allow_seconds(seconds: int) -> None:
    """Let the process use this much processor time from now on; the kernel ends it after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, hard))


def _try(put_on: Callable[[], None]) -> str:
    try:
        put_on()
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:
        return str(error)
    return "on"


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, value, 0, 0, 0))


def _check(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _step_back(limits: Limits) -> None:
    """People's requests before decoding: a child behind the node does not disturb the event loop it shares a core with."""
    os.nice(limits.nice)
    if limits.session_nice:
        with suppress(OSError):  # kernels without groups of sessions have no such file, and containers may not let it be written
            Path("/proc/self/autogroup").write_text(str(limits.session_nice))
    if limits.idle_disk and (call := _IOPRIO_SET.get(os.uname().machine)):
        with suppress(OSError):
            _check(_libc.syscall(call, _WHO_PROCESS, 0, _IDLE_CLASS << 13))


def _leave_network() -> None:
    """Move to a network namespace with nothing in it; without root by way of a user namespace."""
    if os.geteuid() == 0 and _libc.unshare(_CLONE_NEWNET) == 0:
        return
    _check(_libc.unshare(_CLONE_NEWNET | _CLONE_NEWUSER))


def _become_nobody(devices: Sequence[str]) -> None:
    """Give up root, where the node runs as root; only the groups of its devices are kept. Groups first: afterwards there is no right to."""
    if os.geteuid() != 0:
        raise ValueError("not needed")
    os.setgroups(sorted({Path(device).stat().st_gid for device in devices} - {0}))
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def _limit(limits: Limits) -> None:
    """Memory, descriptors, no file writing, no core dumps, no real time."""
    for what, value in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_RTPRIO, 0),
    ):
        resource.setrlimit(what, (value, value))


def _leave_files(devices: Sequence[str]) -> None:
    """Landlock: no path can be opened, bound or connected to any more; open descriptors stay usable.

    Not a single rule, but where devices are needed: those, and reading what their drivers load.
    """
    abi = _check(_libc.syscall(_LANDLOCK_CREATE, None, 0, 1))
    files = (1 << (13 + (abi >= 2) + (abi >= 3) + (abi >= 5))) - 1
    words = [files] + [0b11] * (abi >= 4) + [0b11] * (abi >= 6)  # then TCP bind and connect, then abstract sockets and signals
    attributes = struct.pack(f"={len(words)}Q", *words)
    ruleset = _check(_libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0))
    try:
        use = _READ_FILE | _WRITE_FILE | (_IOCTL if abi >= _IOCTL_ABI else 0)
        for path in (*devices, *(_DRIVERS if devices else ())):
            _keep(ruleset, path, use if path in devices else _READ_FILE | _READ_FOLDER)
        _check(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def _keep(ruleset: int, path: str, rights: int) -> None:
    """Leave what is at or below the path open; one that is not there needs no rule."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        attributes = struct.pack("=Qi", rights if Path(path).is_dir() else rights & ~_READ_FOLDER, fd)
        _check(_libc.syscall(_LANDLOCK_ADD, ruleset, 1, attributes, 0))
    finally:
        os.close(fd)


def _filter_calls() -> None:
    """Refuse system calls no decoder needs: sockets, new processes, tracing, mounting, kernel interfaces."""
    program = filter_program(os.uname().machine, os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _check(_libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0))
