"""The pools as they are meant to be made."""

import os
from collections.abc import Sequence

from revenge.media.limits import Limits
from revenge.media.pool import Pool

_ENGINE_SPACE = 64 << 30
"""Bytes of virtual memory: drivers map far more than they use."""


def engine_pool(devices: Sequence[str]) -> Pool:
    """Children that may also reach the encoders of graphics cards; one, since a card works on many pieces no faster than on one."""
    return media_pool(1, Limits(address_space=_ENGINE_SPACE, devices=tuple(devices)), name="engine")


def media_pool(size: int | None = None, limits: Limits | None = None, idle_s: float = 60.0, kept: int = 0, name: str = "media") -> Pool:
    """Children that decode and encode with PyAV, without numpy: about 40 MB each, one per core where nothing else is said."""
    child = "revenge.media.child"
    return Pool(
        name,
        preload=[
            f"{child}.{room}"
            for room in ("facts", "keys", "warm", "video", "audio", "text", "sup", "styled", "transport", "loud", "engine")
        ],
        warm=[f"{child}.warm:up", "revenge.media.frames:warm"],
        size=size or max(1, os.cpu_count() or 1),
        limits=limits,
        idle_s=idle_s,
        kept=kept,
    )
