"""A picture and a sound together in transport streams, for televisions that take nothing else."""

from msgspec import Struct

from revenge.core.errors import absent
from revenge.media.rendition import Rendition

FITTING = frozenset({"h264", "hevc"})
"""Pictures that a transport stream can hold as they are."""
_SOUND = "_"


class Muxed(Struct, frozen=True):
    """The two renditions that go out as one; cut where the picture is."""

    video: Rendition
    audio: Rendition | None = None

    @property
    def name(self) -> str:
        """Its folder in URLs: `v0-720_a1-2`, or that of the picture and a mark without a sound."""
        return f"{self.video.name}{_SOUND}{self.audio.name if self.audio else ''}"

    @classmethod
    def parse(cls, name: str) -> "Muxed":
        """The pair of that name; NotFound for a name that none has."""
        first, mark, second = name.partition(_SOUND)
        video, audio = Rendition.parse(first), Rendition.parse(second) if second else None
        if not mark or video.kind != "video" or (audio is not None and audio.kind != "audio"):
            absent("rendition", name)
        return cls(video, audio)


def is_muxed(name: str) -> bool:
    """Whether a folder's name is that of a transport stream."""
    return _SOUND in name
