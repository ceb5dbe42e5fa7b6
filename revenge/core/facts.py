"""Technical facts about a media file, as probing found them. Codec and container names are FFmpeg's."""

from msgspec import Struct


class VideoTrack(Struct, frozen=True):
    """One picture stream."""

    index: int
    """Stream index in the container."""
    codec: str
    width: int
    height: int
    profile: str | None = None
    level: int | None = None
    """As FFmpeg gives it: 41 for H.264 4.1, 120 for HEVC 4.0."""
    pixel_format: str = "yuv420p"
    bit_depth: int = 8
    frame_rate: float | None = None
    bit_rate: int | None = None
    hdr: str | None = None
    """`hdr10`, `hlg` or `dolby_vision`; None is SDR."""
    interlaced: bool = False
    rotation: int = 0
    """Degrees clockwise the picture must be turned to stand upright."""
    sample_aspect: str = "1:1"


class AudioTrack(Struct, frozen=True):
    """One sound stream."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    profile: str | None = None
    layout: str | None = None
    bit_rate: int | None = None
    language: str | None = None
    """ISO 639-2 as the container says; None when it says nothing or `und`."""
    title: str | None = None
    default: bool = False


class SubtitleTrack(Struct, frozen=True):
    """One subtitle stream, in the container or in a file beside it."""

    index: int
    """Stream index in the container; for files beside it they count on from 1000."""
    codec: str
    """`subrip`, `ass`, `mov_text`, `webvtt`, `hdmv_pgs_subtitle`, `dvd_subtitle` …"""
    language: str | None = None
    title: str | None = None
    default: bool = False
    forced: bool = False
    path: str | None = None
    """Absolute path of an external subtitle file."""

    @property
    def is_text(self) -> bool:
        """Whether it can be written as WebVTT."""
        return self.codec in {"subrip", "ass", "ssa", "mov_text", "webvtt", "text"}

    @property
    def is_styled(self) -> bool:
        """Whether it has a look of its own, which WebVTT loses."""
        return self.codec == "ass"

    @property
    def is_drawn(self) -> bool:
        """Whether it is pictures that a player can be given as they are."""
        return self.codec == "hdmv_pgs_subtitle"


class Chapter(Struct, frozen=True, omit_defaults=True):
    """A named stretch of the file."""

    start_ms: int
    end_ms: int
    title: str | None = None


class MediaFacts(Struct, frozen=True, omit_defaults=True):
    """What is inside one media file."""

    container: str
    """What FFmpeg calls it when it writes one: `mp4`, `matroska`, `webm`, `mpegts` …"""
    duration_ms: int
    size: int
    bit_rate: int | None = None
    video: VideoTrack | None = None
    """The main picture; attached cover art does not count."""
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()
    chapters: tuple[Chapter, ...] = ()
