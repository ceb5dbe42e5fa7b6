"""How a file reaches a player: as it is, in another container, or encoded anew. A pure function, and it says why."""

from collections.abc import Iterator
from typing import Literal

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.media.rendition import COPIED_VIDEO, can_copy_audio
from revenge.services.playback.entity import Decision, Method, Reason
from revenge.services.playback.profiles import EVERYTHING, Abilities

_ALIASES = {
    "mov": frozenset({"mov", "mp4", "m4v", "m4a", "mov,mp4,m4a,3gp,3g2,mj2"}),
    "matroska": frozenset({"matroska", "mkv", "matroska,webm"}),
    "mpegts": frozenset({"mpegts", "ts", "m2ts"}),
    "avi": frozenset({"avi"}),
}
_WEBM = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_SOUND_IN_FMP4 = frozenset({"aac", "ac3", "eac3"})
"""Sound that players of HLS take as it is, where they take it at all."""
Entry = Literal["clean", "open", "unknown"]
"""Whether the picture can be entered at every keyframe, at some, or nobody knows where its keyframes are."""
_DEEP = frozenset({"hevc", "av1", "vp9"})


def decide(facts: MediaFacts, client: Abilities, entry: Entry) -> Decision:
    """Return how this file reaches this client."""
    video = list(_video_reasons(facts.video, client)) if facts.video else []
    bitrate = _bitrate_reasons(facts, client)
    played = default_audio(facts)
    audio = list(_audio_reasons(played, client)) if played else []
    container = list(_container_reasons(facts, client))
    if not (container or video or audio or bitrate):
        method: Method = "direct"
    else:
        video += bitrate
        if facts.video and not video:
            video += _hls_reasons(facts.video, client, entry)
        method = "transcode" if video or audio else "remux"
    copy_video = bool(facts.video) and not video and not list(_hls_reasons_of(facts, client, entry))
    return Decision(
        method=method,
        reasons=(*container, *video, *audio),
        copy_video=copy_video,
        max_height=_height(facts.video, client),
        video_bitrate=_room(client) if bitrate else None,
        copy_audio=tuple(track.index for track in facts.audio if _goes_as_it_is(track, client)),
        channels=6 if (client.max_channels or 6) >= 6 else 2,
    )


def default_audio(facts: MediaFacts) -> AudioTrack | None:
    """Return the track a plain player plays: the default one, else the first."""
    return next((track for track in facts.audio if track.default), facts.audio[0] if facts.audio else None)


def _container_reasons(facts: MediaFacts, client: Abilities) -> Iterator[Reason]:
    names = _ALIASES.get(facts.container, frozenset({facts.container}))
    codecs = {track.codec for track in (facts.video, *facts.audio) if track is not None}
    if facts.container == "matroska" and codecs <= _WEBM:
        names |= {"webm"}
    if not names & client.containers and EVERYTHING not in client.containers:
        yield Reason("container_unsupported", "container", f"The player cannot open {facts.container} files.")


def _video_reasons(video: VideoTrack, client: Abilities) -> Iterator[Reason]:
    if not _in(video.codec, client.video_codecs):
        yield Reason("video_codec_unsupported", "video", f"The player cannot decode {video.codec}.")
    elif video.bit_depth > (max(client.bit_depth, 10) if video.codec in _DEEP else client.bit_depth):
        yield Reason("video_depth_unsupported", "video", f"The player cannot decode {video.codec} with {video.bit_depth} bits per sample.")
    if video.hdr and video.hdr not in client.hdr:
        yield Reason("video_hdr_unsupported", "video", f"The screen cannot show {video.hdr}.")
    if video.interlaced and EVERYTHING not in client.video_codecs:
        yield Reason("video_interlaced", "video", "The picture is interlaced, which the player would show as combs.")
    if client.max_height and video.height > client.max_height:
        yield Reason("video_too_large", "video", f"The picture is {video.height} lines high; the player wants {client.max_height} at most.")


def _audio_reasons(audio: AudioTrack, client: Abilities) -> Iterator[Reason]:
    if not _in(audio.codec, client.audio_codecs):
        yield Reason("audio_codec_unsupported", "audio", f"The player cannot decode {audio.codec}.")
    elif client.max_channels and audio.channels > client.max_channels and audio.codec != "aac":
        yield Reason("audio_channels", "audio", f"The sound has {audio.channels} channels; the player takes {client.max_channels}.")


def _bitrate_reasons(facts: MediaFacts, client: Abilities) -> list[Reason]:
    rate = facts.bit_rate or (facts.size * 8000 // facts.duration_ms if facts.duration_ms else 0)
    if client.max_bitrate and rate > client.max_bitrate and facts.video:
        return [
            Reason(
                "bitrate_too_high", "video", f"The file needs {rate // 1000} kbit/s; the player wants {client.max_bitrate // 1000} at most."
            )
        ]
    return []


def _hls_reasons(video: VideoTrack, client: Abilities, entry: Entry) -> Iterator[Reason]:
    """Reasons that stand only where the picture has to go through HLS."""
    if video.codec not in COPIED_VIDEO:
        yield Reason("video_codec_unsupported", "video", f"{video.codec} cannot be sent in segments.")
    elif entry == "unknown":
        yield Reason("keyframes_unknown", "video", "Where the picture can be cut into segments is not known.")
    elif entry == "open" and not client.seeks_open_gops:
        yield Reason("open_gop", "video", "Its groups of pictures are open: seeking would break the player's decoder.")


def _hls_reasons_of(facts: MediaFacts, client: Abilities, entry: Entry) -> Iterator[Reason]:
    return _hls_reasons(facts.video, client, entry) if facts.video else iter(())


def _goes_as_it_is(track: AudioTrack, client: Abilities) -> bool:
    return track.codec in _SOUND_IN_FMP4 and can_copy_audio(track) and not list(_audio_reasons(track, client))


def _height(video: VideoTrack | None, client: Abilities) -> int | None:
    return client.max_height if video and client.max_height and video.height > client.max_height else None


def _room(client: Abilities) -> int | None:
    """Return the bit/s left for the picture beside the sound."""
    return None if client.max_bitrate is None else max(client.max_bitrate - 192_000, 100_000)


def _in(codec: str, codecs: frozenset[str]) -> bool:
    return codec in codecs or EVERYTHING in codecs
