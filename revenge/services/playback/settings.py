"""How much may be watched."""

from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about


class PlaybackSettings(Struct, frozen=True):
    """Watching."""

    streams_per_account: (
        Annotated[int, about("How many films one account may watch at once; an admin may set another number for one.", ge=1)] | None
    ) = None
