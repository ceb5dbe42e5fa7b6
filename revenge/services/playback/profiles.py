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
    max_channels: int | None = None
    """None mixes down by itself whatever it can decode."""
    hdr: frozenset[str] = frozenset()
    bit_depth: int = 8
    """Bits per sample its H.264 decoder takes; other codecs take 10 where they are there at all."""
    any_chroma: bool = False
    """Whether it decodes pictures with finer colours than 4:2:0."""
    deinterlaces: bool = False
    seeks_open_gops: bool = False
    """Whether a seek into an open group of pictures leaves its decoder alive (it kills Chromium's)."""
    channels: int = 2
    """Channels that encoded sound gets, where the player does not say how many it takes."""


def _of(containers: str, video: str, audio: str, hdr: str = "") -> Abilities:
    return Abilities(frozenset(containers.split()), frozenset(video.split()), frozenset(audio.split()), hdr=frozenset(hdr.split()))


_WEB = _of("mp4 webm mp3 flac ogg wav", "h264 vp8 vp9 av1", "aac mp3 opus vorbis flac pcm_s16le")
_PLAYER = replace(_of("*", "*", "*", "*"), bit_depth=12, any_chroma=True, deinterlaces=True, seeks_open_gops=True, channels=6)
_TELEVISION = replace(
    _of("mp4 matroska mpegts webm avi mp3", "h264 hevc vp9 mpeg2video mpeg4", "aac mp3 mp2 ac3 eac3", "hdr10 hlg"),
    deinterlaces=True,
    channels=6,
)
_APPLE = replace(_of("mp4 mp3", "h264 hevc", "aac mp3 alac ac3 eac3 flac", "hdr10 hlg"), channels=6)
_ANDROID = _of("mp4 matroska mpegts webm mp3", "h264 hevc vp8 vp9", "aac mp3 ac3 eac3 opus vorbis flac", "hdr10 hlg")
PROFILES: Mapping[str, Abilities] = {
    "careful": _of("mp4", "h264", "aac mp3"),
    "chromium": _WEB,
    "firefox": _WEB,
    "safari": _APPLE,
    "vlc": _PLAYER,
    "mpv": _PLAYER,
    "webos": _TELEVISION,
    "tizen": _TELEVISION,
    "android_tv": replace(_ANDROID, channels=6),
    "apple_tv": replace(_APPLE, hdr=frozenset({"hdr10", "hlg", "dolby_vision"})),
    "chromecast": _of("mp4 webm mp3", "h264 vp8 vp9", "aac mp3 opus vorbis flac"),
    "dlna": replace(_of("mp4 mpegts mp3", "h264 mpeg2video", "aac mp3 mp2 ac3"), deinterlaces=True),
}
_AGENTS = (
    (re.compile(r"^(VLC|LibVLC)", re.IGNORECASE), "vlc"),
    (re.compile(r"^(mpv|libmpv|Lavf|Kodi)", re.IGNORECASE), "mpv"),
    (re.compile(r"Web0S|webOS"), "webos"),
    (re.compile(r"Tizen"), "tizen"),
    (re.compile(r"CrKey"), "chromecast"),
    (re.compile(r"AppleTV|Apple TV"), "apple_tv"),
    (re.compile(r"Firefox/"), "firefox"),
    (re.compile(r"Chrome/|Chromium/|Edg/"), "chromium"),
    (re.compile(r"Version/[\d.]+ .*Safari/"), "safari"),
)


def abilities(client: Client | None, agent: str) -> Abilities:
    """Return what the player can do: what it says, over its profile, over that of its User-Agent; Invalid for an unknown profile."""
    name = client.profile if client is not None and client.profile is not None else _recognised(agent)
    if name not in PROFILES:
        raise Invalid(
            f"There is no client profile {name!r}; the profiles are {', '.join(PROFILES)}.", code="profile_unknown", field="client.profile"
        )
    said = {} if client is None else {field: value for field, value in asdict(client).items() if value is not None and field != "profile"}
    return replace(PROFILES[name], **{field: frozenset(value) if isinstance(value, list) else value for field, value in said.items()})


def _recognised(agent: str) -> str:
    return next((name for pattern, name in _AGENTS if pattern.search(agent)), "careful")
