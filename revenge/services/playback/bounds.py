"""How large a stream may be: what the player wants, what the account may have, what the network has left."""

from msgspec import Struct

from revenge.core.facts import VideoTrack
from revenge.media.rendition import HEIGHTS, Rendition, h264, picture_size
from revenge.services.playback.abilities import Abilities


class Bounds(Struct, frozen=True):
    """What the house lets a viewer have, whatever their player can do. None is no bound."""

    max_height: int | None = None
    """Lines of the picture that the account may have."""
    max_bitrate: int | None = None
    """Bit/s that the account may have."""
    bandwidth: int | None = None
    """Bit/s that are free for one stream more."""


NO_BOUNDS = Bounds()


class Ceiling(Struct, frozen=True, order=True):
    """One bound, its reason's code, and the beginning of its half of the sentence."""

    value: int
    code: str
    whose: str


def ceilings(client: Abilities, bounds: Bounds) -> list[Ceiling]:
    """Return the bounds of the bit rate, in bit/s."""
    known = (
        (client.max_bitrate, "bitrate_too_high", "the player wants"),
        (bounds.max_bitrate, "account_bitrate", "this account may have"),
        (bounds.bandwidth, "bandwidth_short", "the network has"),
    )
    return [Ceiling(value, code, whose) for value, code, whose in known if value is not None]


def heights(video: VideoTrack, client: Abilities, bounds: Bounds) -> list[Ceiling]:
    """Return the bounds of the picture's lines, as it is shown; a bound of its width counts by the lines the picture has at it."""
    wide, high = widest(video)
    known = (
        (client.max_height, "video_too_large", "the player wants"),
        (client.max_width and client.max_width * high // wide, "video_too_large", "the player wants"),
        (bounds.max_height, "account_height", "this account may have"),
    )
    return [Ceiling(value, code, whose) for value, code, whose in known if value is not None]


def encoded_lines(video: VideoTrack, client: Abilities, bounds: Bounds) -> int | None:
    """Return the lines an encoded picture may have, where it must have fewer than it has: it has to fit the player's H.264 decoder, too."""
    wide, high = widest(video)
    decoder = client.decoder("h264")
    limits = [limit.value for limit in heights(video, client, bounds)]
    if decoder.max_height is not None:
        limits.append(decoder.max_height)
    if decoder.max_width is not None:
        limits.append(decoder.max_width * high // wide)
    if decoder.level is not None and video.width and video.height:
        limits.append(_lines_of_level(video, decoder.level))
    return min((limit for limit in limits if limit < high), default=None)


def widest(video: VideoTrack) -> tuple[int, int]:
    """Return columns and lines of the picture as it is shown: a telephone's may lie on its side."""
    return picture_size(video, None)


def _lines_of_level(video: VideoTrack, level: int) -> int:
    """Return the lines of the highest step of the ladder that a decoder of this level takes at the picture's rate."""
    fitting = [step for step in HEIGHTS if h264(video, Rendition("video", video.index, height=step), 1).level <= level]
    return picture_size(video, max(fitting, default=HEIGHTS[0]))[1]
