"""How much may be watched."""

from pathlib import Path
from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about
from revenge.core.settings.words import ByteSize

_LEAST_QUOTA = 256 << 20
"""Bytes: a minute of a large film for a few viewers."""


class PlaybackSettings(Struct, frozen=True):
    """Watching."""

    streams_per_account: (
        Annotated[int, about("How many films one account may watch at once; an admin may set another number for one.", ge=1)] | None
    ) = None
    segments_dir: (
        Annotated[
            Path, about("Folder for what is made for players, on a fast disk or in memory (tmpfs); in the data directory if not set.")
        ]
        | None
    ) = None
    segments_quota: Annotated[
        ByteSize,
        about(
            "How much of it that may take; what nobody watches goes first.",
            expected="a size from 256MiB",
            check=lambda size: size >= _LEAST_QUOTA,
        ),
    ] = ByteSize(4 << 30)
