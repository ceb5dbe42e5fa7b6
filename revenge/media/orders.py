"""What a child is asked to make: small values that hold everything it needs, so that a piece depends on nothing else.

Times are ticks of 1/90000 s from the film's start.
"""

from msgspec import Struct

INIT = -1
"""The piece number of an initialisation segment."""


class Anchor(Struct, frozen=True, array_like=True):
    """A keyframe one can enter at."""

    time: int
    position: int | None = None
    """Byte position, for transport streams."""


class Section(Struct, frozen=True, array_like=True):
    """A part of a recording in which the clock runs on; between two of them it jumps."""

    position: int
    """Byte of the file it begins at."""
    shift: int
    """Ticks to add to its stamps, so that it follows what is before it."""
    first: int
    last: int
    """The lowest and highest stamp of its pictures, as the file has them."""


class H264(Struct, frozen=True):
    """A picture as x264 is to write it. Every option is pinned: one initialisation segment must serve pieces made anywhere."""

    width: int
    height: int
    level: int
    """41 stands for 4.1."""
    max_rate: int
    """Bits per second no second may exceed for long."""
    rotation: int = 0
    deinterlace: bool = False
    tone_map: str | None = None
    """The source's high dynamic range (`hdr10`, `hlg`, `dolby_vision`), to be brought to a common screen's."""
    threads: int = 1
    engine: str = "libx264"
    """The encoder, as FFmpeg calls it. The initialisation segment is always libx264's."""


class PictureOrder(Struct, frozen=True):
    """A piece of a picture stream."""

    stream: int
    number: int
    begin: int
    """First moment of the piece; of a copy the exact time of its first keyframe."""
    end: int
    """First moment after it; of a copy the exact time of the next piece's first keyframe."""
    edge: int
    """When the next piece's first picture is shown: before `end` where a group is open."""
    last: bool
    """Whether the piece takes whatever follows its end, too."""
    anchors: tuple[Anchor, ...] = ()
    """Keyframes at or before `begin`, nearest first; empty where they are not known."""
    start_us: int | None = None
    rotation: int = 0
    encode: H264 | None = None
    """None copies the packets."""
    leading: bool = False
    """Whether pictures of the next piece may be shown before `edge`: its group is open, and how far is not known."""
    still: bool = False
    """Whether the piece is one picture, of the nearest keyframe at or before `begin`."""
    by_header: bool = False
    """Whether the container's header tells all that is needed, so that no picture has to be decoded to open it."""
    sections: tuple[Section, ...] = ()


class Weighed(Struct, frozen=True, array_like=True):
    """A piece, and the seconds of processor time it cost."""

    piece: bytes
    cpu: float


class Aac(Struct, frozen=True):
    """Sound as the AAC encoder is to write it."""

    channels: int
    rate: int
    gain: int = 0
    """Tenths of a decibel to make it louder by."""


class SoundOrder(Struct, frozen=True):
    """A piece of a sound stream: the frames whose first sample lies in it, silence where the file has none."""

    stream: int
    number: int
    begin: int
    end: int
    last: bool
    start_us: int | None = None
    encode: Aac | None = None
    """None copies the packets."""
    anchors: tuple[Anchor, ...] = ()
    """Keyframes some way before `begin`, nearest first, where the clock jumps and time leads nowhere."""
    sections: tuple[Section, ...] = ()


class MuxOrder(Struct, frozen=True):
    """Pieces of MP4 to be put into one transport stream; each with its initialisation in front. The sound is None in a silent film."""

    picture: bytes
    delay: int
    """Constant by which the picture is decoded before it is shown, in ticks."""
    sound: bytes | None = None
