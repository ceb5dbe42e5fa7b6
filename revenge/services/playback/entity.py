"""What a viewing is: the client's abilities, the decision, the session, the progress."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from revenge.core.ids import ItemRef
from revenge.media.files import Stamp
from revenge.services.metadata.entity import Poster

Method = Literal["direct", "remux", "transcode"]
Stream = Literal["container", "video", "audio", "subtitle"]
State = Literal["playing", "paused", "stopped"]
Millis = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
Moment = Annotated[datetime, Meta(tz=True)]
Device = Annotated[str, Meta(max_length=200)]
Ended = Literal["viewer", "stopped", "moved", "gone"]
"""Who ended a viewing: its own player, an admin, the same person on another device, or nobody was there any more."""
Entry = Literal["clean", "open", "unknown"]
"""Whether a picture can be entered at every keyframe, at some, or nobody knows where its keyframes are."""

WATCHED = 0.9
"""Share of an item after which it counts as watched (domain facts, section 0.1)."""
BEGUN = 0.05
"""Share of an item before which nobody wants to continue it (domain facts, section 4.10)."""


_JITTER_MS = 15_000
"""How far reports of a film that simply runs may lie off: they come every few seconds, some late."""
_FASTEST = 2
"""The highest speed our player plays at."""


class Decoder(Struct, frozen=True, forbid_unknown_fields=True):
    """What a player's decoder of one codec refuses; what is left out refuses nothing. For sound only profiles and channels count."""

    codec: str
    profiles: frozenset[str] | None = None
    """Profiles it takes, as FFmpeg names them: `High`, `Main 10`, `LC`."""
    level: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """The highest level it takes, as FFmpeg counts: 41 for H.264 4.1, 153 for HEVC 5.1."""
    bit_depth: Annotated[int, Meta(ge=8, le=16)] | None = None
    max_width: Annotated[int, Meta(ge=144, le=16384)] | None = None
    max_height: Annotated[int, Meta(ge=144, le=16384)] | None = None
    max_channels: Annotated[int, Meta(ge=1, le=32)] | None = None


class Client(Struct, frozen=True, forbid_unknown_fields=True):
    """What a player can do. What is given overrides the profile; names are FFmpeg's."""

    profile: str | None = None
    containers: list[str] | None = None
    video_codecs: list[str] | None = None
    audio_codecs: list[str] | None = None
    subtitle_formats: list[str] | None = None
    decoders: list[Decoder] | None = None
    """Limits of single codecs; each one given replaces the profile's for that codec."""
    max_width: Annotated[int, Meta(ge=144, le=16384)] | None = None
    max_height: Annotated[int, Meta(ge=144, le=8640)] | None = None
    """Lines of the picture. It is never made smaller than 240."""
    max_bitrate: Annotated[int, Meta(ge=100_000)] | None = None
    """Bit/s of picture and sound together."""
    max_channels: Annotated[int, Meta(ge=1, le=32)] | None = None
    hdr: list[str] | None = None
    """Kinds of HDR the screen shows: `hdr10`, `hlg`, `dolby_vision`."""
    transport_streams: bool | None = None
    """Whether its HLS has to be transport streams, picture and sound in one: older televisions know no other."""


class Reason(Struct, frozen=True):
    """Why a stream cannot be sent as it is."""

    code: str
    stream: Stream
    text: str


class StreamWay(Struct, frozen=True):
    """How one stream reaches the player: in the file itself, copied into segments, or encoded."""

    stream: Stream
    index: int
    """Stream index, as in the facts."""
    method: Method


class Decision(Struct, frozen=True):
    """How a file reaches a player."""

    method: Method
    reasons: tuple[Reason, ...] = ()
    entry: Entry = "unknown"
    """What was known of the keyframes when it was decided: all segments of a viewing are cut by the same knowledge."""
    copy_video: bool = True
    """Whether the picture goes into HLS as it is."""
    max_height: int | None = None
    """Height the picture is made smaller to, when it is encoded; None keeps its own."""
    video_bitrate: int | None = None
    """Bit/s the picture may have if it is encoded; None leaves it to quality."""
    copy_audio: tuple[int, ...] = ()
    """Stream indexes of audio tracks that go into HLS as they are; the others become AAC."""
    channels: int = 2
    """Channels an encoded audio track may have."""
    streams: tuple[StreamWay, ...] = ()
    """Every picture and sound, and its own way."""
    subtitle_formats: tuple[str, ...] = ("webvtt",)
    """What the player takes of subtitles, as FFmpeg names it."""
    transport_streams: bool = False
    """Whether HLS goes out as transport streams, picture and sound in one."""
    gains: tuple[tuple[int, int], ...] = ()
    """Stream index and tenths of a decibel of each encoded audio track that is made louder, or quieter."""
    made_for: Stamp | None = None
    """The file it was made for: of another one at the same place it says nothing."""


class SessionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants to watch, and where."""

    item: ItemRef
    file_id: UUID | None = None
    start_ms: Millis | None = None
    client: Client | None = None


class Handover(Struct, frozen=True, forbid_unknown_fields=True):
    """The device that takes a viewing over."""

    client: Client | None = None


class Stop(Struct, frozen=True, forbid_unknown_fields=True):
    """What an admin tells a viewer whose viewing they end."""

    message: Annotated[str, Meta(max_length=500)] = ""


class Subtitle(Struct, frozen=True):
    """A subtitle track a player can load."""

    index: int
    language: str | None
    title: str | None
    format: str
    url: str
    plain_url: str | None
    """Its words as WebVTT; None for pictures."""
    default: bool
    forced: bool


class Fonts(Struct, frozen=True):
    """The fonts that came with a film."""

    fonts: list[str]
    """Their addresses, relative to the list's."""


class AudioChoice(Struct, frozen=True):
    """An audio track of the film, in the order of the HLS renditions."""

    index: int
    language: str | None
    title: str | None
    codec: str
    channels: int
    default: bool


class Next(Struct, frozen=True):
    """What comes after an item: the next episode."""

    item: ItemRef
    title: str
    poster: Poster | None


class Session(Struct, frozen=True):
    """A viewing, as the player sees it."""

    id: UUID
    item: ItemRef
    file_id: UUID
    method: Method
    reasons: tuple[Reason, ...]
    streams: tuple[StreamWay, ...]
    direct_url: str | None
    hls_url: str
    audio: list[AudioChoice]
    subtitles: list[Subtitle]
    fonts_url: str
    """Lists the fonts that came with the film, for subtitles with a look of their own."""
    resume_ms: int
    duration_ms: int
    progress_url: str
    """Takes the same reports as the session's `progress`, without a sign-in: the ticket is in it. It holds on every node."""
    alternates: list[str]
    """Origins of the other nodes: all these addresses hold there, too."""
    next: Next | None
    expires_at: datetime


class Viewing(Struct, frozen=True):
    """A viewing, as its row has it."""

    id: UUID
    user_id: UUID
    login_id: UUID
    item_kind: str
    item_id: UUID
    file_id: UUID
    decision: Decision
    state: State
    position_ms: int
    duration_ms: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    told_at: datetime
    """When the player was at the position."""
    acted_at: datetime
    """When the viewer last did something: began, went on, or sought. The newest deed decides where they are."""

    @property
    def item(self) -> ItemRef:
        """What is watched."""
        return ItemRef(self.item_kind, self.item_id)


class Screen(Struct, frozen=True):
    """Where somebody watches."""

    name: str | None
    """What the device is called, where it was named at the sign-in."""
    user_agent: str
    current: bool
    """Whether it is the one that asks."""


class NowPlaying(Struct, frozen=True):
    """A viewing, as the household sees it."""

    id: UUID
    user: str
    device: Screen
    item: ItemRef
    title: str
    method: Method
    reasons: tuple[Reason, ...]
    streams: tuple[StreamWay, ...]
    state: State
    position_ms: int
    duration_ms: int
    started_at: datetime


class Report(Struct, frozen=True):
    """Where a player is."""

    position_ms: Millis
    state: State = "playing"
    at: Moment | None = None
    """When the player was there; now when it does not say."""
    device_id: Device | None = None


class Position(Struct, frozen=True):
    """The position that stands, when a report was older than it."""

    position_ms: int


class Progress(Struct, frozen=True):
    """How far a person has come with an item."""

    position_ms: int
    duration_ms: int
    watched: bool


class ProgressEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says about how far they have come: a position, which counts like a player's report, or that they have (not) watched it."""

    position_ms: Millis | None = None
    duration_ms: Millis | None = None
    watched: bool | None = None
    at: Moment | None = None
    """When they were there; now when it is not said."""
    device_id: Device | None = None


class Continued(Struct, frozen=True):
    """Something that was begun and not ended."""

    item: ItemRef
    title: str
    year: int | None
    poster: Poster | None
    position_ms: int
    duration_ms: int
    at: datetime


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """What one account may watch at once and at most; None leaves it to the settings, or free."""

    max_streams: Annotated[int, Meta(ge=0, le=1000)] | None = None
    max_bitrate: Annotated[int, Meta(ge=100_000)] | None = None
    """Bit/s of one stream."""
    max_height: Annotated[int, Meta(ge=144, le=8640)] | None = None
    """Lines of the picture."""


def is_deed(viewing: Viewing, report: Report, moment: datetime) -> bool:
    """Whether this report tells of something the viewer did: they went on after a pause, or sought; a film that runs, rests or is left is no deed."""
    if report.state != "playing":
        return False
    if viewing.state != "playing":
        return True
    passed = max(0, (moment - viewing.told_at) // timedelta(milliseconds=1))
    return not viewing.position_ms - _JITTER_MS <= report.position_ms <= viewing.position_ms + _FASTEST * passed + _JITTER_MS


def has_seen(position_ms: int, duration_ms: int) -> bool:
    """Whether so much of an item was played that it counts as watched."""
    return position_ms >= WATCHED * duration_ms > 0


def resume_at(progress: Progress | None) -> int:
    """Return where to go on, in ms: the beginning when nothing was begun or all was seen."""
    if progress is None or progress.position_ms >= WATCHED * progress.duration_ms:
        return 0
    return progress.position_ms


VIEWINGS = "viewings"
"""The tag that is dropped when a viewing begins, rests for good or ends: what yields to people counts anew then."""


def viewing_tag(id: UUID) -> str:
    """Return the tag under which caches hold this viewing."""
    return f"viewing:{id}"


def progress_tag(user_id: UUID) -> str:
    """Return the tag under which caches hold what shows how far this person has come."""
    return f"progress:{user_id}"
