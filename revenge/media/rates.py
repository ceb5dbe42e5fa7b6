"""How many bits per second a rendition needs, on average and where it is busiest: what players choose a variant by."""

from revenge.core.facts import AudioTrack
from revenge.media.keyframes import CLOCK
from revenge.media.plan import film_end
from revenge.media.rendition import Rendition, Source, aac, audio_track, h264, video_track

AAC_CHANNEL = 96_000
"""Bit/s of one channel of our AAC, generously: its quality is constant, not its rate."""
_BURST = 1.35
"""How far any two seconds of segments in a row may exceed an encoder's limit: each begins with half a second's worth saved up."""
_STILL = 60_000
"""Bytes of one still, generously."""


def average(source: Source, rendition: Rendition) -> int:
    """Bit/s on average: what the file says of a copy; of what is encoded, the limit it is encoded with."""
    if rendition.kind == "audio":
        return _sound(audio_track(source, rendition), rendition)
    track = video_track(source, rendition)
    if not rendition.copies:
        return h264(track, rendition, 1).max_rate
    whole = source.facts.bit_rate or source.facts.size * 8 * CLOCK // film_end(source)
    return track.bit_rate or max(whole - sum(sound.bit_rate or 0 for sound in source.facts.audio), whole // 2)


def peak(source: Source, rendition: Rendition) -> int:
    """Bit/s where it is busiest."""
    usual = average(source, rendition)
    if rendition.kind == "audio":
        return usual
    if rendition.kind == "still":
        return _STILL * 8
    if not rendition.copies:
        return round(usual * _BURST)
    known = source.index.peak if source.index else 0
    return max(known, usual) if known else usual * 3 // 2


def _sound(track: AudioTrack, rendition: Rendition) -> int:
    if rendition.copies:
        return track.bit_rate or track.channels * AAC_CHANNEL
    return aac(track, rendition).channels * AAC_CHANNEL
