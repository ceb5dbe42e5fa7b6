"""What browsers play, and what is believed of a player that nobody knows.

Our own page asks its browser instead (`canPlayType`, `isTypeSupported`); these are for pages and apps that only say which browser they are.
Sources: chromium.org "Audio/Video" (H.264 by FFmpeg in 8 bits and 4:2:0 alone, HEVC only where the machine has a decoder); MDN "Web video
codec guide" and "Media container formats"; webkit.org "New video features in Safari" (HEVC in MP4 with `hvc1`, AC-3 and E-AC-3, no WebM that
can be relied upon).
"""

from msgspec.structs import replace

from revenge.services.playback.abilities import known
from revenge.services.playback.entity import Decoder

_AV1 = Decoder("av1", profiles=frozenset({"Main"}))
_WEB = known("mp4 webm mp3 flac ogg wav", "h264 vp8 vp9 av1", "aac mp3 opus vorbis flac pcm_s16le", decoders=[_AV1])
_APPLE = [Decoder("h264", level=52, bit_depth=8), Decoder("hevc", level=186, profiles=frozenset({"Main", "Main 10"}))]

BROWSERS = {
    "careful": known("mp4", "h264", "aac mp3", decoders=[Decoder("h264", level=41, max_width=1920, max_height=1088)]),
    "chromium": _WEB,
    "firefox": _WEB,
    "safari": replace(known("mp4 mp3", "h264 hevc", "aac mp3 alac ac3 eac3 flac", "hdr10 hlg", _APPLE), channels=6),
}
