"""One stream of a film in one form: what a media playlist lists and a segment belongs to."""

import re
from typing import Literal

from msgspec import Struct

from revenge.core.errors import absent
from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.media.files import Stamp
from revenge.media.keyframes import KeyframeIndex
from revenge.media.orders import H264, Aac

HEIGHTS = (240, 360, 480, 576, 720, 1080, 1440, 2160)
"""Picture heights a film is transcoded to."""
_RATES = {240: 500, 360: 900, 480: 1800, 576: 2400, 720: 4000, 1080: 8000, 1440: 14000, 2160: 28000}
"""Kilobits per second that no second of a transcode of that height exceeds for long, where nothing else is asked for."""
CHANNELS = (1, 2, 6)
STILL_HEIGHT = 240
"""Height of the pictures one looks through while seeking."""
_LETTERS = {"video": "v", "audio": "a", "subtitle": "s", "still": "i"}
_NAME = re.compile(r"([vasi])(\d{1,4})(?:-(\d{1,4})(?:-(\d{2,6}))?)?(?:(up|down)([1-9]\d{0,2}))?")
_DOWN = "down"
MOST_GAIN = 120
"""Tenths of a decibel by which no sound is changed for more."""
_LEVELS = ((30, 40500, 1620), (31, 108000, 3600), (32, 216000, 5120), (40, 245760, 8192), (42, 522240, 8704), (51, 983040, 36864))
"""H.264 levels from the least a player has: macroblocks per second, and per picture."""
_AAC_RATES = (48000, 44100, 32000)
COPIED_VIDEO = frozenset({"h264", "hevc", "av1", "vp9"})
COPIED_AUDIO = frozenset({"aac", "ac3", "eac3", "mp3"})
"""Codecs that can stand in a segment as they are; whether a player takes them is the player's question."""


class Source(Struct, frozen=True):
    """A film's file and what is known of it: with a rendition and a number, all that a segment depends on."""

    path: str
    key: str
    """Changes whenever the bytes do (file id, size, time): names the file in caches."""
    facts: MediaFacts
    index: KeyframeIndex | None = None
    stamp: Stamp | None = None
    """What the file has to be when it is opened: pieces of two files never mix."""


class Rendition(Struct, frozen=True):
    """Kind and track, and what to encode to. Nothing to encode to: the packets are copied."""

    kind: Literal["video", "audio", "subtitle", "still"]
    track: int
    """Stream index, as in the facts."""
    height: int | None = None
    """Video: encode to H.264 of at most this height (of `HEIGHTS`) and its 16:9 width."""
    kbps: int | None = None
    """Video: rate limit in kilobits per second; None takes what is usual for the height."""
    channels: int | None = None
    """Audio: encode to AAC of so many channels (of `CHANNELS`)."""
    gain: int = 0
    """Audio that is encoded: tenths of a decibel to make it louder by. In the name, so that every node makes the same."""

    @property
    def name(self) -> str:
        """Its folder in URLs: `v0`, `v0-720`, `v0-720-3000`, `a1`, `a1-2`, `a1-2up35`, `s3`, `i0-240`."""
        parts = (self.height or self.channels, self.kbps)
        return f"{_LETTERS[self.kind]}{self.track}" + "".join(f"-{part}" for part in parts if part) + _changed(self.gain)

    @classmethod
    def parse(cls, name: str) -> "Rendition":
        """The rendition of that name; NotFound for a name that none has."""
        found = _NAME.fullmatch(name) or absent("rendition", name)
        kind, track = found[1], int(found[2])
        first, second = (int(part) if part else None for part in found.groups()[2:4])
        gain = int(found[6] or 0) * (-1 if found[5] == _DOWN else 1)
        if gain and (kind != "a" or first is None or abs(gain) > MOST_GAIN):
            absent("rendition", name)
        if kind == "v" and (first is None or first in HEIGHTS):
            return cls("video", track, height=first, kbps=second)
        if kind == "a" and second is None and (first is None or first in CHANNELS):
            return cls("audio", track, channels=first, gain=gain)
        if kind == "s" and first is None:
            return cls("subtitle", track)
        if kind == "i" and first == STILL_HEIGHT and second is None:
            return cls("still", track, height=first)
        return absent("rendition", name)

    @property
    def copies(self) -> bool:
        """Whether packets go out as they are."""
        return self.height is None and self.channels is None


def _changed(gain: int) -> str:
    return "" if not gain else f"{_DOWN if gain < 0 else 'up'}{abs(gain)}"


def still(track: VideoTrack) -> Rendition:
    """The pictures one looks through while seeking: encoded, each alone."""
    return Rendition("still", track.index, height=STILL_HEIGHT)


def can_copy_video(source: Source) -> bool:
    """Whether the picture can be cut without encoding: its keyframes are known and MP4 can hold it."""
    return source.facts.video is not None and source.facts.video.codec in COPIED_VIDEO and source.index is not None


def can_copy_audio(track: AudioTrack) -> bool:
    """Whether the sound can be cut without encoding. AAC with spectral tricks has other frames than it says, and is encoded."""
    if not track.sample_rate:
        return False
    if track.codec == "aac":
        return track.profile in (None, "LC") and track.channels <= 6
    return track.codec in COPIED_AUDIO


def video_track(source: Source, rendition: Rendition) -> VideoTrack:
    """The rendition's picture; NotFound when the film has no such stream."""
    track = source.facts.video
    return track if track is not None and track.index == rendition.track else absent("picture", rendition.track)


def audio_track(source: Source, rendition: Rendition) -> AudioTrack:
    """The rendition's sound; NotFound when the film has no such stream."""
    return next((track for track in source.facts.audio if track.index == rendition.track), None) or absent("sound", rendition.track)


def picture_size(track: VideoTrack, height: int | None) -> tuple[int, int]:
    """Width and height as shown: upright, with square pixels, within the height and its 16:9 width; even numbers."""
    across, down = (int(part) for part in track.sample_aspect.split(":"))
    wide, high = (track.width * across / down if across and down else float(track.width)), float(track.height)
    if track.rotation in (90, 270):
        wide, high = high, wide
    share = min(1.0, height / high, height * 16 / 9 / wide) if height else 1.0
    return max(2, round(wide * share / 2) * 2), max(2, round(high * share / 2) * 2)


def h264(track: VideoTrack, rendition: Rendition, threads: int) -> H264:
    """How the rendition is encoded. Everything but the threads follows from track and rendition, so any node makes the same."""
    width, height = picture_size(track, rendition.height)
    blocks = -(-width // 16) * -(-height // 16)
    pace = blocks * min(track.frame_rate or 25.0, 120.0)
    level = next((level for level, most, size in _LEVELS if blocks <= size and pace <= most), 52)
    lines = max(height, width * 9 // 16)  # a wide picture costs what its width does
    usual = next((_RATES[step] for step in HEIGHTS if lines <= step), _RATES[HEIGHTS[-1]])
    kbps = min(rendition.kbps or usual, 60_000)
    return H264(width, height, level, kbps * 1000, track.rotation, track.interlaced, track.hdr, threads)


def aac(track: AudioTrack, rendition: Rendition) -> Aac:
    """How the rendition's sound is encoded."""
    channels = min(rendition.channels or 2, 2 if track.channels < 6 else 6, max(track.channels, 1))
    return Aac(channels, track.sample_rate if track.sample_rate in _AAC_RATES else 48000, rendition.gain)
