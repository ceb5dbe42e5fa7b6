"""Times, sizes and technical facts as people read them."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from revenge.core.facts import AudioTrack, SubtitleTrack, VideoTrack
from web.words import Words

_SIZES = ("kB", "MB", "GB", "TB")
_HEIGHTS = ((1700, "4K"), (1260, "1440p"), (840, "1080p"), (600, "720p"), (460, "576p"))
"""Smallest height that still earns the name; wide films are cut above and below."""
_WIDTHS = ((3200, "4K"), (2300, "1440p"), (1700, "1080p"), (1160, "720p"))
_HDR = {"hdr10": "HDR10", "hlg": "HLG", "dolby_vision": "Dolby Vision"}
_CODECS = {
    "h264": "H.264", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9", "vp8": "VP8", "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4", "vc1": "VC-1",
    "aac": "AAC", "ac3": "Dolby Digital", "eac3": "Dolby Digital+", "truehd": "TrueHD", "dts": "DTS", "flac": "FLAC", "opus": "Opus",
    "mp3": "MP3", "vorbis": "Vorbis", "subrip": "SRT", "ass": "ASS", "ssa": "SSA", "webvtt": "WebVTT", "mov_text": "MP4",
    "hdmv_pgs_subtitle": "PGS", "dvd_subtitle": "DVD",
}  # fmt: skip
_CONTAINERS = {"mp4": "MP4", "matroska": "MKV", "mpegts": "TS", "webm": "WebM", "avi": "AVI", "asf": "WMV", "mpeg": "MPEG"}
_LAYOUTS = {1: "1.0", 2: "2.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class Inside(Protocol):
    """What a file holds."""

    @property
    def video(self) -> VideoTrack | None:
        """The main picture."""

    @property
    def audio(self) -> Sequence[AudioTrack]:
        """The sound."""


class Formats:
    """Writes values in one language."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def duration(self, ms: int | None) -> str:
        """A length in hours and minutes; below a minute in seconds."""
        minutes, seconds = divmod(round((ms or 0) / 1000), 60)
        if not minutes:
            return self.words("format.seconds", n=seconds)
        hours, minutes = divmod(minutes, 60)
        if not hours:
            return self.words("format.minutes", m=minutes)
        return self.words("format.hours", h=hours, m=minutes) if minutes else self.words("format.hours_only", h=hours)

    def clock(self, ms: int | None) -> str:
        """A position: 1:02:03."""
        minutes, seconds = divmod((ms or 0) // 1000, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    def size(self, size: int | None) -> str:
        """Bytes in decimal units, as disks are sold."""
        step = next((step for step in range(1, len(_SIZES)) if (size or 0) < 1000 ** (step + 1)), len(_SIZES))
        value = (size or 0) / 1000**step
        return f"{self.words.number(value, 1 if value < 100 else 0)} {_SIZES[step - 1]}"

    def rate(self, bits: int | None) -> str:
        """Bits per second."""
        if not bits:
            return ""
        return f"{self.words.number(bits / 1e6, 1)} Mbit/s" if bits >= 1_000_000 else f"{self.words.number(bits / 1e3)} kbit/s"

    def bytes_rate(self, rate: float) -> str:
        """Bytes per second as the bits per second of a line; a nought where nothing moves."""
        return self.rate(round(rate * 8)) or "0"

    def count(self, value: float) -> str:
        """How many; halves where an axis has them."""
        return self.words.number(value, 0 if value == round(value) else 1)

    def date(self, day: date | None) -> str:
        """A calendar day."""
        return self.words("format.date", day=f"{day.day:02}", month=f"{day.month:02}", year=str(day.year)) if day else ""

    def frames(self, rate: float | None) -> str:
        """Pictures per second."""
        return f"{self.words.number(rate, 0 if rate == round(rate) else 3)} fps" if rate else ""

    def language(self, code: str | None) -> str:
        """The name of an ISO 639 code; the code itself where the catalogue has none."""
        if not code or code == "und":
            return self.words("language.und")
        return self.words.first(f"language.{code.lower()}") or code.upper()

    def audio(self, track: AudioTrack) -> str:
        """`Dolby Digital 5.1 · 448 kbit/s`."""
        parts = [f"{codec(track.codec)} {channels(track)}".strip(), self.rate(track.bit_rate)]
        return " · ".join(filter(None, parts))

    def subtitle(self, track: SubtitleTrack) -> str:
        """`SRT · forced`."""
        return " · ".join(filter(None, [codec(track.codec), self.words("film.forced") if track.forced else ""]))


def resolution(video: VideoTrack | None) -> str:
    """`4K`, `1080p`: by height or width, whichever says more; `SD` below."""
    if video is None:
        return ""
    height, width = (video.width, video.height) if video.rotation in (90, 270) else (video.height, video.width)
    named = [
        next((i for i, (least, _) in enumerate(table) if value >= least), 9) for value, table in ((height, _HEIGHTS), (width, _WIDTHS))
    ]
    best = min(named)
    return _HEIGHTS[best][1] if best < len(_HEIGHTS) else "SD"


def codec(name: str) -> str:
    """A codec as people know it."""
    return _CODECS.get(name, name.upper())


def container(name: str) -> str:
    """A container as people know it."""
    return _CONTAINERS.get(name, name.upper())


def channels(track: AudioTrack) -> str:
    """`5.1`, `2.0`."""
    return _LAYOUTS.get(track.channels, f"{track.channels} ch" if track.channels else "")


def badges(facts: Inside | None) -> list[str]:
    """What stands on the box: resolution, HDR, picture codec, best sound."""
    if facts is None:
        return []
    found = [resolution(facts.video)]
    if facts.video is not None:
        found += [_HDR.get(facts.video.hdr or "", ""), codec(facts.video.codec)]
    if facts.audio:
        best = max(facts.audio, key=lambda track: track.channels)
        found.append(f"{codec(best.codec)} {channels(best)}".strip())
    return [badge for badge in found if badge]
