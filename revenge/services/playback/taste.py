"""How a person likes to watch, on whatever device: tongues, and how subtitles look."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

_MOST_DELAYS = 200


class Delay(Struct, frozen=True, forbid_unknown_fields=True):
    """How much later than they say the subtitles of one file are shown."""

    file_id: UUID
    ms: Annotated[int, Meta(ge=-600_000, le=600_000)]


class Preferences(Struct, frozen=True, forbid_unknown_fields=True):
    """What one person chose while watching."""

    audio_language: Annotated[str, Meta(max_length=35)] | None = None
    """Language of the sound they chose last, as the files say it."""
    subtitle_language: Annotated[str, Meta(max_length=35)] | None = None
    """Language of the subtitles they chose last; `off` when they wanted none."""
    subtitle_size: Annotated[int, Meta(ge=50, le=300)] = 100
    """Percent of the usual size."""
    subtitle_color: Literal["white", "grey", "yellow", "cyan", "green"] = "white"
    subtitle_background: Literal["box", "shadow", "none"] = "box"
    subtitle_position: Literal["bottom", "raised", "top"] = "bottom"
    subtitle_delays: Annotated[list[Delay], Meta(max_length=1000)] = []
    """The ones changed last come last; only some hundred are kept."""

    def trimmed(self) -> "Preferences":
        """Return them with as many delays as are kept."""
        return replace(self, subtitle_delays=self.subtitle_delays[-_MOST_DELAYS:])
