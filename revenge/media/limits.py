"""How much a child process may use."""

from msgspec import Struct
from msgspec.structs import replace

MIB = 1 << 20


_BEHIND, _BEHIND_ELSEWHERE = 15, 10
"""Niceness of work in the background, within the node and against the rest of the machine. Not the last: what is scanned goes before posters,
which are drawn at 19, and a scan beside another busy program still goes on.
"""


class Limits(Struct, frozen=True):
    """What the kernel and the pool hold every child of a pool to."""

    address_space: int = 3072 * MIB
    """Bytes of virtual memory; a decoder that wants more gets an error."""
    cpu: int = 120
    """Seconds of processor time per call."""
    nice: int = 10
    """Steps behind the node, which answers people; more of them for work that can wait while other children are busy."""
    session_nice: int = 0
    """The same against everything else on the machine, where the kernel shares processors by session and `nice` counts only within one."""
    idle_disk: bool = False
    """Whether it reads only when nobody else wants the disk, where the kernel's scheduler knows such a class."""
    open_files: int = 64
    answer: int = 192 * MIB
    """Bytes of one answer; a child that sends more is stopped."""
    resident: int = 256 * MIB
    """Bytes of memory after a call above which the child is replaced."""
    devices: tuple[str, ...] = ()
    """Device files that stay reachable, and with them the system's libraries: drivers load theirs when an encoder is opened."""
    calls: int = 500
    """Calls after which the child is replaced, so that no leak grows for ever."""

    @property
    def behind(self) -> "Limits":
        """The same for work in the background: behind what people wait for, at the processor and at the disk."""
        nice, session_nice = max(self.nice, _BEHIND), max(self.session_nice, _BEHIND_ELSEWHERE)
        return replace(self, nice=nice, session_nice=session_nice, idle_disk=True)
