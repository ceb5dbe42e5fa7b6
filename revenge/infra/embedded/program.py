"""A program that is run as a child, and what its last words mean."""

from collections.abc import Callable, Sequence
from pathlib import Path
from signal import Signals

from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.infra.embedded.user import User


class Program(Struct, frozen=True):
    """What is run, where, as whom, and how it is asked to end."""

    name: str
    """For people and the log."""
    arguments: tuple[str, ...]
    """The path of the binary and its arguments."""
    directory: Path
    """Its data, and the directory it runs in: that works even where this user cannot walk the path to it."""
    user: User | None
    """Whom it runs as; None means as ourselves."""
    farewell: tuple[tuple[Signals, float], ...]
    """Signals and the seconds each gets, gentlest first; the first is also sent when the node dies."""
    level: Callable[[str], str]
    """The log level of a line it prints."""

    @property
    def lock(self) -> Path:
        """Held by the server and everything it forks, so that two never share the data."""
        return self.directory.with_name(f"{self.directory.name}.lock")


_FULL = ("No space left on device", "Disk quota exceeded")


def refusal(program: Program, said: Sequence[str]) -> StartRefused:
    """Why the server does not start, from its last words."""
    why = next((line for line in said if "FATAL:" in line or "PANIC:" in line), said[-1] if said else "it said nothing")
    if any(sign in line for line in said for sign in _FULL):
        return StartRefused(f"{program.name} cannot start: the disk that holds {program.directory} is full. Make room and start again.")
    if any("Read-only file system" in line for line in said):
        return StartRefused(f"{program.name} cannot start: {program.directory} is on a read-only file system.")
    return StartRefused(f"{program.name} does not start on {program.directory}: {why}")
