"""The pools as they are meant to be made."""

import os

from revenge.media.limits import Limits
from revenge.media.pool import Pool


def media_pool(size: int | None = None, limits: Limits | None = None, idle_s: float = 60.0, kept: int = 0) -> Pool:
    """Children that decode and encode with PyAV, without numpy: about 40 MB each, one per core where nothing else is said."""
    child = "revenge.media.child"
    return Pool(
        "media",
        preload=[f"{child}.{room}" for room in ("facts", "keys", "warm", "video", "audio", "text", "sup", "styled", "transport", "loud")],
        warm=[f"{child}.warm:up", "revenge.media.frames:warm"],
        size=size or max(1, os.cpu_count() or 1),
        limits=limits,
        idle_s=idle_s,
        kept=kept,
    )
