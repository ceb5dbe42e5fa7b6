"""In which forms the streams of a viewing go out: pure functions of facts and decision, the same on every node."""

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.media.rendition import HEIGHTS, Rendition, h264, picture_size
from revenge.services.playback.decide import default_audio
from revenge.services.playback.entity import Decision

_SURROUND = 6


def picture_form(facts: MediaFacts, decision: Decision) -> tuple[Rendition, ...]:
    """Return the form of the picture; empty without one."""
    if facts.video is None:
        return ()
    plain = Rendition("video", facts.video.index)
    if decision.copy_video:
        return (plain,)
    step = _step(facts.video, decision.max_height)
    usual = h264(facts.video, Rendition("video", facts.video.index, height=step), 1).max_rate
    room = decision.video_bitrate
    return (Rendition("video", facts.video.index, height=step, kbps=room // 1000 if room is not None and room < usual else None),)


def sound_forms(facts: MediaFacts, decision: Decision) -> tuple[Rendition, ...]:
    """Return the form of every sound, in the order of the tracks; without a picture the one to begin with comes first, since it is the film."""
    played = default_audio(facts) if facts.video is None else None
    tracks = sorted(facts.audio, key=lambda track: track is not played)
    return tuple(_sound_form(track, decision) for track in tracks)


def _sound_form(track: AudioTrack, decision: Decision) -> Rendition:
    channels = _channels(track, decision)
    return Rendition("audio", track.index, channels=channels, gain=dict(decision.gains).get(track.index, 0) if channels else 0)


def _channels(track: AudioTrack, decision: Decision) -> int | None:
    """Return what the sound is encoded to; None copies it."""
    if track.index in decision.copy_audio:
        return None
    return min(decision.channels, _SURROUND if track.channels >= _SURROUND else 2)


def _step(track: VideoTrack, most: int | None) -> int:
    """Return the lowest step of the ladder on which nothing is lost that the player would take.

    A step also bounds the width (16:9), so a wide film fits a higher step than its lines say.
    """
    fitting = [step for step in HEIGHTS if most is None or picture_size(track, step)[1] <= most] or [HEIGHTS[0]]
    largest = picture_size(track, fitting[-1])
    return next(step for step in fitting if picture_size(track, step) == largest)
