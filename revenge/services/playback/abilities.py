"""What a player can do, with nothing left open. Names are FFmpeg's."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from revenge.services.playback.entity import Decoder

EVERYTHING = "*"
_DEEP = frozenset({"hevc", "av1", "vp9"})
"""Codecs whose decoders take ten bits wherever they are there at all."""
_DEEP_BITS = 10
_ANYTHING = Decoder("")


class Abilities(Struct, frozen=True):
    """What a player can do."""

    containers: frozenset[str]
    video_codecs: frozenset[str]
    audio_codecs: frozenset[str]
    subtitle_formats: frozenset[str] = frozenset({"webvtt"})
    decoders: Mapping[str, Decoder] = {}
    """What its decoders refuse, by codec; one that is not named refuses nothing."""
    max_width: int | None = None
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
    transport_streams: bool = False
    """Whether its HLS has to be transport streams, picture and sound in one."""
    channels: int = 2
    """Channels that encoded sound gets, where the player does not say how many it takes."""

    def decoder(self, codec: str) -> Decoder:
        """Return what its decoder of the codec refuses."""
        return self.decoders.get(codec, _ANYTHING)

    def depth(self, codec: str) -> int:
        """Return the bits per sample its decoder of the codec takes."""
        usual = max(self.bit_depth, _DEEP_BITS) if codec in _DEEP else self.bit_depth
        return self.decoder(codec).bit_depth or usual


def known(containers: str, video: str, audio: str, hdr: str = "", decoders: Iterable[Decoder] = ()) -> Abilities:
    """Return abilities from lists of names, parted by blanks, as tables write them."""
    return Abilities(
        frozenset(containers.split()),
        frozenset(video.split()),
        frozenset(audio.split()),
        hdr=frozenset(hdr.split()),
        decoders={decoder.codec: decoder for decoder in decoders},
    )
