"""What programs play that bring their own decoders, and what any DLNA renderer may be trusted with.

VLC and mpv decode in software whatever FFmpeg does, tone-map HDR by themselves and mix sound down. For DLNA the source is the media format
profiles that the guidelines make every renderer of a region take: MPEG_PS_PAL/NTSC, MPEG_TS_SD, AVC_MP4_HP_HD and AVC_TS_HP_HD (High, level
4.1), with AAC in two channels, MP3, MP2 and AC-3.
"""

from msgspec.structs import replace

from revenge.services.playback.abilities import known
from revenge.services.playback.entity import Decoder

_PLAYER = replace(
    known("*", "*", "*", "*"),
    bit_depth=12,
    any_chroma=True,
    deinterlaces=True,
    seeks_open_gops=True,
    channels=6,
    subtitle_formats=frozenset({"*"}),
)
_DLNA = [
    Decoder("h264", level=41, max_width=1920, max_height=1088),
    Decoder("mpeg2video", max_width=1920, max_height=1088),
    Decoder("aac", profiles=frozenset({"LC"}), max_channels=2),
]

PLAYERS = {
    "vlc": _PLAYER,
    "mpv": _PLAYER,
    "dlna": replace(
        known("mp4 mpegts mpeg mp3", "h264 mpeg2video", "aac mp3 mp2 ac3", decoders=_DLNA), deinterlaces=True, transport_streams=True
    ),
}
