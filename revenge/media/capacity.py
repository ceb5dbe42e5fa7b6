"""How many films this machine encodes at once, as measured by what it has just made: one viewer too many is told so, before all of them stutter."""

import os
import time
from collections.abc import Callable

from revenge.core.errors import Unavailable
from revenge.media.rendition import Rendition, Source, h264, video_track

_THERE_S = 30.0
"""Seconds after a viewer's last piece was made in which more are expected."""
_RETRY_S = 30
_SHARE = 0.9
"""Of the processors, what encoding may take: the rest answers people."""
_NEWEST = 0.2
"""How much the last piece changes what is believed of the next one."""
_DECODING = 1 / 7
"""What a picture costs to decode, against what one of the same size costs to encode."""


def pace(source: Source, rendition: Rendition) -> float:
    """Pixels a second of film costs: those that are encoded, and what decoding the source's is worth."""
    track = video_track(source, rendition)
    form = h264(track, rendition, 1)
    return min(track.frame_rate or 25.0, 120.0) * (form.width * form.height + track.width * track.height * _DECODING)


class Capacity:
    """What encoding costs here, and who wants it now."""

    def __init__(self, cores: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._cores = cores or len(os.sched_getaffinity(0))
        self._clock = clock
        self._cost: float | None = None
        self._wanted: dict[str, tuple[float, float]] = {}

    def made(self, pixels: float, seconds: float) -> None:
        """Take note of what so many pixels cost in seconds of processor time."""
        cost = seconds / max(pixels, 1.0)
        self._cost = cost if self._cost is None else self._cost + _NEWEST * (cost - self._cost)

    def admit(self, film: str, pixels: float) -> None:
        """Let a viewer of the film have pieces of that pace, who goes on to have them. Unavailable when the machine cannot keep up with one more.

        Whoever is there already stays, whatever form they change to; and the first is always served as well as can be.
        """
        now = self._clock()
        self._wanted = {film: wanted for film, wanted in self._wanted.items() if wanted[1] > now - _THERE_S}
        others = sum(wanted for wanted, _ in self._wanted.values())
        if film not in self._wanted and others and (others + pixels) * (self._cost or 0.0) > self._cores * _SHARE:
            raise Unavailable(
                "This machine encodes as many films as it can; try again in a moment.", code="media_busy", retry_after=_RETRY_S
            )
        self._wanted[film] = pixels, now
