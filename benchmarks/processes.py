"""What processes cost: their processor time, their memory, and how much of the machine others take meanwhile."""

import os
import time
from pathlib import Path

_PROC = Path("/proc")
CORE = max(os.sched_getaffinity(0))
"""The one core that server and client share where they are pinned."""


def pinned(command: list[str], core: int | None = CORE) -> list[str]:
    """The command, kept with its children on one core (None: wherever it likes)."""
    return command if core is None else ["taskset", "-c", str(core), *command]


def cpu(pid: int) -> float:
    """Seconds of processor time of a whole process so far: the sum in its /proc/<pid>/stat, in nanoseconds instead of ticks."""
    return time.clock_gettime((~pid << 3) | 2)


def cpu_of_tree(pid: int) -> float:
    """Seconds of processor time of a process and everything below it, those that have ended and were waited for included."""
    return sum(_ticks(one) for one in tree(pid)) / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    parents = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def pss(pid: int) -> int:
    """Bytes of memory, shared pages counted by share; 0 when the process is gone."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def name(pid: int) -> str:
    """What the kernel calls the process."""
    return (_PROC / str(pid) / "comm").read_text().strip()


class Others:
    """How much of the machine was not ours, from here on. Read it when our processes have ended and were waited for."""

    def __init__(self) -> None:
        self._from = self._now()

    def share(self) -> float:
        """0 to 1 of all cores together."""
        (wall, busy, own), (wall0, busy0, own0) = self._now(), self._from
        cores = os.cpu_count() or 1
        return max(0.0, (busy - busy0) - (own - own0)) / ((wall - wall0) * cores)

    def _now(self) -> tuple[float, float, float]:
        fields = [int(field) for field in (_PROC / "stat").read_text().splitlines()[0].split()[1:9]]
        busy = (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")
        return time.monotonic(), busy, sum(os.times()[:4])


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return sum(int(field) for field in fields[11:15]) if fields else 0


def _stat(pid: int) -> list[str]:
    """The fields behind the name: state, parent and on."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
