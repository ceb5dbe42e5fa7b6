"""How a file reaches a player: as it is, in another container, or encoded anew. A pure function, and it says why."""

from collections.abc import Iterator

from revenge.core.facts import AudioTrack, MediaFacts
from revenge.media.rendition import CHANNELS
from revenge.services.playback import reasons
from revenge.services.playback.abilities import Abilities
from revenge.services.playback.bounds import NO_BOUNDS, Bounds, ceilings, encoded_lines
from revenge.services.playback.entity import Decision, Entry, Method, StreamWay

_ENCODED_CHANNEL = 96_000
"""Bit/s of one channel of encoded sound, generously."""
_LEAST_RATE = 100_000


def decide(facts: MediaFacts, client: Abilities, entry: Entry, bounds: Bounds = NO_BOUNDS) -> Decision:
    """Return how this file reaches this client within these bounds.

    The sound that counts is the one a player begins with; another track is encoded only when somebody chooses it and it has to be.
    """
    played = default_audio(facts)
    container = tuple(reasons.of_container(facts, client))
    video = (*reasons.of_picture(facts.video, client, bounds), *reasons.of_rate(facts, client, bounds)) if facts.video else ()
    audio = reasons.of_sound(facts, played, client, bounds) if played else ()
    cutting = tuple(reasons.of_cutting(facts.video, client, entry)) if facts.video else ()
    method: Method = "direct"
    if container or video or audio:  # then it goes through HLS, which has demands of its own
        video, audio = video or cutting, audio or reasons.of_packing(played)
        method = "transcode" if video or audio else "remux"
    copied = tuple(track.index for track in facts.audio if not _encodes(facts, track, client, bounds))
    copies = facts.video is not None and not (video or cutting)
    channels = _channels(client)
    return Decision(
        method=method,
        reasons=(*container, *video, *audio),
        entry=entry,
        copy_video=copies,
        max_height=None if facts.video is None or copies else encoded_lines(facts.video, client, bounds),
        video_bitrate=_room(client, bounds, played, channels, copied),
        copy_audio=copied,
        channels=channels,
        streams=tuple(_ways(facts, method, copies, copied)),
        subtitle_formats=tuple(sorted(client.subtitle_formats)),
        transport_streams=client.transport_streams and facts.video is not None,
    )


def default_audio(facts: MediaFacts) -> AudioTrack | None:
    """Return the track a plain player plays: the default one, else the first."""
    return next((track for track in facts.audio if track.default), facts.audio[0] if facts.audio else None)


def _encodes(facts: MediaFacts, track: AudioTrack, client: Abilities, bounds: Bounds) -> bool:
    return bool(reasons.of_sound(facts, track, client, bounds) or reasons.of_packing(track))


def _ways(facts: MediaFacts, method: Method, copies: bool, copied: tuple[int, ...]) -> Iterator[StreamWay]:
    """Each stream's own way: what is not sent in the file itself is copied into segments or encoded for them."""

    def way(is_copied: bool) -> Method:
        return "direct" if method == "direct" else "remux" if is_copied else "transcode"

    if facts.video is not None:
        yield StreamWay("video", facts.video.index, way(copies))
    for track in facts.audio:
        yield StreamWay("audio", track.index, way(track.index in copied))


def _channels(client: Abilities) -> int:
    """Return how many channels encoded sound may have."""
    most = client.max_channels or client.decoder("aac").max_channels or client.channels
    return max((count for count in CHANNELS if count <= most), default=CHANNELS[0])


def _room(client: Abilities, bounds: Bounds, played: AudioTrack | None, channels: int, copied: tuple[int, ...]) -> int | None:
    """Return the bit/s left for the picture beside the sound; None where nothing limits them."""
    lowest = min(ceilings(client, bounds), default=None)
    if lowest is None:
        return None
    sound = 0
    if played is not None:
        as_it_is = played.index in copied
        sound = (played.bit_rate if as_it_is else None) or _ENCODED_CHANNEL * (played.channels if as_it_is else channels)
    return max(lowest.value - sound, _LEAST_RATE)
