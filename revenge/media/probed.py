"""What a probe answers about one file."""

from msgspec import Struct

from revenge.core.facts import MediaFacts
from revenge.media.errors import Fault


class Probed(Struct, frozen=True, tag="probed"):
    """The file is readable media."""

    facts: MediaFacts
    index: bytes | None = None
    """Packed keyframe index; None where it has to be asked for (finding it takes a full read) or where there is none."""


class ProbeFailed(Struct, frozen=True, tag="failed"):
    """The file cannot be used."""

    reason: str
    """One sentence for people."""
    fault: Fault = "unreadable"
    again: bool = False
    """Whether the same file may be readable another time: it could not be opened, or no process could look into it."""


Outcome = Probed | ProbeFailed


class Read(Struct, frozen=True, array_like=True):
    """How far reading a file for its keyframes has come."""

    packed: bytes | None
    """The index, when the file was read to its end; None too where the film could not be sent as it is anyway."""
    so_far: bytes | None
    """What to go on with; None at the end."""
    position: int
    """Bytes of the file that lie behind."""
