"""What well-known players can do, for those that do not say it themselves. Names are FFmpeg's."""

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict, replace

from revenge.core.errors import Invalid
from revenge.services.playback.entity import Client

EVERYTHING = "*"


class Abilities(Struct, frozen=True):
    """What a player can do, with nothing left open."""

    containers: frozenset[str]
    video_codecs: frozenset[str]
    audio_codecs: frozenset[str]
    subtitle_formats: frozenset[str] = frozenset({"webvtt"})
    max_height: int | None = None
    max_bitrate: int | None = None
    max_channels: int | None = 2
    hdr: frozenset[str] = frozenset()
    bit_depth: int = 8
    """Bits per sample its H.264 decoder takes; other codecs take 10 where they are there at all."""
    seeks_open_gops: bool = False
    """Whether a seek into an open group of pictures leaves its decoder alive (it kills Chromium's)."""


def _of(containers: str, video: str, audio: str, **more: object) -> Abilities:
    return Abilities(frozenset(containers.split()), frozenset(video.split()), frozenset(audio.split()), **more)  # type: ignore[arg-type]


_PLAYER = _of(EVERYTHING, EVERYTHING, EVERYTHING, max_channels=None, hdr=frozenset({"hdr10", "hlg"}), bit_depth=12, seeks_open_gops=True)
PROFILES: Mapping[str, Abilities] = {
    "careful": _of("mp4", "h264", "aac mp3"),
    "chromium": _of("mp4 webm mp3 flac ogg wav", "h264 vp8 vp9 av1", "aac mp3 opus vorbis flac pcm_s16le"),
    "firefox": _of("mp4 webm mp3 flac ogg wav", "h264 vp8 vp9 av1", "aac mp3 opus vorbis flac pcm_s16le"),
    "safari": _of("mp4 mp3", "h264 hevc", "aac mp3 alac ac3 eac3 flac", hdr=frozenset({"hdr10", "hlg"}), max_channels=6),
    "vlc": _PLAYER,
    "mpv": _PLAYER,
}
_AGENTS = (
    (re.compile(r"^(VLC|LibVLC)", re.IGNORECASE), "vlc"),
    (re.compile(r"^(mpv|libmpv|Lavf|Kodi)", re.IGNORECASE), "mpv"),
    (re.compile(r"Firefox/"), "firefox"),
    (re.compile(r"Chrome/|Chromium/|Edg/"), "chromium"),
    (re.compile(r"Version/[\d.]+ .*Safari/"), "safari"),
)


def abilities(client: Client | None, agent: str) -> Abilities:
    """Return what the player can do: what it says, over its profile, over that of its User-Agent; Invalid for an unknown profile."""
    if client is None or client.profile is None:
        name = next((name for pattern, name in _AGENTS if pattern.search(agent)), "careful")
    else:
        name = client.profile
    if name not in PROFILES:
        raise Invalid(f"There is no client profile {name!r}; the profiles are {', '.join(PROFILES)}.", code="profile_unknown")
    said = {} if client is None else {field: value for field, value in asdict(client).items() if value is not None and field != "profile"}
    return replace(PROFILES[name], **{field: frozenset(value) if isinstance(value, list) else value for field, value in said.items()})
