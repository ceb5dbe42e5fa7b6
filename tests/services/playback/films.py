"""Films and players in a few words: what the tables of decisions are written in.

A film is `container picture sound …`: `mkv hevc:10bit:hdr10:2160p:level153:Main_10 ac3/6 aac/2`; `-` stands for no picture. A player is its
profile and what it says of itself: `chromium video=h264,hevc max_height=720 h264.level=41`; `account_height`, `account_bitrate` and
`bandwidth` are what the house lets its viewer have.
"""

from typing import Any

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.services.playback.abilities import Abilities
from revenge.services.playback.bounds import Bounds
from revenge.services.playback.entity import Client, Decoder
from revenge.services.playback.profiles import abilities

CONTAINERS = {"mkv": "matroska", "ts": "mpegts"}
_LINES = {"2160p": (3840, 2160), "1080p": (1920, 1080), "720p": (1280, 720), "wide": (1920, 800), "tall": (1080, 1920)}
_PROFILES = {"Main", "Main_10", "Rext", "High", "Profile_0", "Profile_1", "Professional"}
_BOUNDS = {"account_height": "max_height", "account_bitrate": "max_bitrate", "bandwidth": "bandwidth"}
_FIELDS = {"containers": "containers", "video": "video_codecs", "audio": "audio_codecs", "hdr": "hdr"}


def film(words: str, rate: int | None = 4_000_000) -> MediaFacts:
    """Facts of a two-hour film of so many bit/s."""
    container, picture, *sounds = words.split()
    return MediaFacts(
        container=CONTAINERS.get(container, container),
        duration_ms=7_200_000,
        size=(rate or 4_000_000) * 900,
        bit_rate=rate,
        video=None if picture == "-" else video(picture),
        audio=tuple(sound(words, index) for index, words in enumerate(sounds, 1)),
    )


def video(words: str) -> VideoTrack:
    codec, *flags = words.split(":")
    bits = next((int(flag[:-3]) for flag in flags if flag.endswith("bit")), 8)
    chroma = next((flag for flag in flags if flag in {"422", "444"}), "420")
    width, height = next((_LINES[flag] for flag in flags if flag in _LINES), (1920, 1080))
    return VideoTrack(
        0, codec, width, height,
        pixel_format=f"yuv{chroma}p{f'{bits}le' if bits > 8 else ''}", bit_depth=bits, frame_rate=60.0 if "60fps" in flags else 24.0,
        hdr=next((flag for flag in flags if flag in {"hdr10", "hlg", "dolby_vision"}), None), interlaced="laced" in flags,
        rotation=90 if "turned" in flags else 0,
        profile=next((flag.replace("_", " ") for flag in flags if flag in _PROFILES), None),
        level=next((int(flag[5:]) for flag in flags if flag.startswith("level")), None),
    )  # fmt: skip


def sound(words: str, index: int = 1) -> AudioTrack:
    codec, _, channels = words.partition("/")
    codec, _, flag = codec.partition(":")
    profile = flag if flag.startswith("HE") else ("LC" if codec == "aac" else None)
    return AudioTrack(index, codec, int(channels or 2), 48000, profile=profile, default=flag == "default")


def player(words: str) -> Abilities:
    """What the player can do."""
    profile, *said = words.split()
    client: dict[str, Any] = {"profile": profile}
    decoders: dict[str, dict[str, Any]] = {}
    for one in said:
        name, _, value = one.partition("=")
        codec, _, limit = name.rpartition(".")
        if codec:
            decoders.setdefault(codec, {})[limit] = int(value) if value.isdecimal() else frozenset(value.replace("_", " ").split(","))
        elif name not in _BOUNDS:
            client[_FIELDS.get(name, name)] = int(value) if value.isdecimal() else [word for word in value.split(",") if word]
    if decoders:
        client["decoders"] = [Decoder(codec, **limits) for codec, limits in decoders.items()]
    return abilities(Client(**client), "")


def bounds(words: str) -> Bounds:
    """What the house lets the player's viewer have."""
    said = (one.partition("=") for one in words.split()[1:])
    return Bounds(**{_BOUNDS[name]: int(value) for name, _, value in said if name in _BOUNDS})
