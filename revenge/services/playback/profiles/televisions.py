"""What televisions and the boxes beside them play.

Sources: developers.google.com/cast "Supported media" (the first two generations are the least: H.264 High 4.1, VP8, no HEVC);
webostv.developer.lge.com "Video and audio format" (H.264 and HEVC to level 5.1, VP9 profiles 0 and 2, no DTS since 2020);
developer.samsung.com "TV video specifications" of 2018 to 2020 (H.264 to 5.1, HEVC Main and Main 10, VP9 profiles 0 and 2, no DTS, no
Dolby Vision at all); developer.android.com "Supported media formats" (what every device decodes; AC-3 and E-AC-3 go on to the receiver);
support.apple.com "Apple TV 4K: Tech Specs" (H.264 to 2160p, HEVC Main and Main 10, Dolby Vision profile 5, AC-3 and E-AC-3, no Matroska).
"""

from msgspec.structs import replace

from revenge.services.playback.abilities import Abilities, known
from revenge.services.playback.entity import Decoder

_MAIN_10 = frozenset({"Main", "Main 10"})
_VP9 = Decoder("vp9", profiles=frozenset({"Profile 0", "Profile 2"}))
_AV1 = Decoder("av1", profiles=frozenset({"Main"}))
_UHD = [Decoder("h264", level=51, max_width=4096, max_height=2304), Decoder("hevc", level=153, profiles=_MAIN_10), _VP9, _AV1]
_HD = [Decoder("mpeg2video", max_width=1920, max_height=1088), Decoder("mpeg4", max_width=1920, max_height=1088)]
_AUDIO = "aac mp3 mp2 ac3 eac3 pcm_s16le"


def _television(containers: str, video: str, audio: str) -> Abilities:
    """Their HLS is that of their oldest years: fragmented MP4 came to webOS and Tizen later, if at all."""
    return replace(known(containers, video, audio, "hdr10 hlg", [*_UHD, *_HD]), deinterlaces=True, transport_streams=True, channels=6)


_APPLE_TV = [Decoder("h264", level=52), Decoder("hevc", level=156, profiles=_MAIN_10)]
_CAST = [Decoder("h264", level=41, max_width=1920, max_height=1088), Decoder("vp8", max_width=1920, max_height=1088)]
_ANDROID = [Decoder("h264", level=52), Decoder("hevc", level=153, profiles=_MAIN_10), _VP9, Decoder("vp8", max_width=1920, max_height=1088)]

TELEVISIONS = {
    "webos": _television("mp4 matroska mpegts mpeg avi mp3 webm", "h264 hevc vp9 mpeg2video mpeg4", _AUDIO),
    "tizen": _television("mp4 matroska mpegts mpeg avi asf webm mp3", "h264 hevc vp8 vp9 mpeg2video mpeg4 vc1", f"{_AUDIO} opus vorbis"),
    "android_tv": replace(
        known(
            "mp4 matroska mpegts webm mp3 flac ogg",
            "h264 hevc vp8 vp9",
            "aac mp3 ac3 eac3 opus vorbis flac pcm_s16le",
            "hdr10 hlg",
            _ANDROID,
        ),
        channels=6,
    ),
    "apple_tv": replace(known("mp4 mp3", "h264 hevc", "aac mp3 alac ac3 eac3 flac", "hdr10 hlg dolby_vision", _APPLE_TV), channels=6),
    "chromecast": known("mp4 mpegts webm mp3 ogg wav", "h264 vp8", "aac mp3 opus vorbis flac pcm_s16le", decoders=_CAST),
}
