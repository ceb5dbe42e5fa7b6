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
