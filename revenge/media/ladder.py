"""The smaller forms of an encoded picture that a player may change to when the network, or the node, is slow."""

from revenge.core.facts import VideoTrack
from revenge.media.rendition import Rendition, h264, picture_size

_RUNGS = (1080, 720, 480, 240)
_STEP = 0.7
"""A rung's bit rate is at most this share of the one above: less would not be worth a change."""


def ladder(track: VideoTrack, best: Rendition) -> tuple[Rendition, ...]:
    """The form itself, which a player begins with, and smaller ones, all cut alike; a copy stands alone. Never more than the source has."""
    rungs = [best]
    for height in () if best.copies else _RUNGS:
        lower = Rendition("video", best.track, height=height)
        smaller = picture_size(track, height) < picture_size(track, rungs[-1].height)
        if smaller and _rate(track, lower) <= _STEP * _rate(track, rungs[-1]):
            rungs.append(lower)
    return tuple(rungs)


def _rate(track: VideoTrack, rendition: Rendition) -> int:
    return h264(track, rendition, 1).max_rate
