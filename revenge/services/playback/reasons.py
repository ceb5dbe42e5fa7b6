"""Why a stream cannot be sent as it is: one sentence for each obstacle, and a code that the pages translate."""

from collections.abc import Iterator

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.media.muxed import FITTING
from revenge.media.rendition import COPIED_VIDEO, can_copy_audio
from revenge.services.playback.abilities import EVERYTHING, Abilities
from revenge.services.playback.bounds import Bounds, ceilings, heights, widest
from revenge.services.playback.entity import Decoder, Entry, Reason, Stream

_ALIASES = {
    "mp4": frozenset({"mov", "mp4", "m4v", "m4a", "mov,mp4,m4a,3gp,3g2,mj2"}),
    "matroska": frozenset({"matroska", "mkv", "matroska,webm"}),
    "webm": frozenset({"webm", "matroska", "mkv", "matroska,webm"}),
    "mpegts": frozenset({"mpegts", "ts", "m2ts"}),
}
_WEBM = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_SEGMENTED_SOUND = frozenset({"aac", "ac3", "eac3"})
"""Sound that players of HLS take as it is, where they take it at all."""
_FINE_CHROMA = ("422", "444", "440", "411", "rgb", "gbr", "bgr")
"""Marks in the names of pixel formats that hold more colour than most decoders take."""


def is_webm(facts: MediaFacts) -> bool:
    """Whether it is, or is as good as, WebM: Matroska that holds nothing else."""
    codecs = {track.codec for track in (facts.video, *facts.audio) if track is not None}
    return facts.container == "webm" or (facts.container == "matroska" and codecs <= _WEBM)


def of_container(facts: MediaFacts, client: Abilities) -> Iterator[Reason]:
    """Reasons why the player cannot open the file."""
    names = _ALIASES.get(facts.container, frozenset({facts.container})) | ({"webm"} if is_webm(facts) else set())
    if EVERYTHING not in client.containers and not names & client.containers:
        yield Reason("container_unsupported", "container", f"The player cannot open {facts.container} files.")


def of_picture(video: VideoTrack, client: Abilities, bounds: Bounds) -> Iterator[Reason]:
    """Reasons why the picture cannot be shown as it is, however it gets there."""
    if reason := _undecodable(video, client):
        yield reason
    if video.hdr is not None and not _is_in(video.hdr, client.hdr):
        yield Reason("video_hdr_unsupported", "video", f"The screen cannot show {video.hdr}.")
    if video.interlaced and not client.deinterlaces:
        yield Reason("video_interlaced", "video", "The picture is interlaced, which the player would show as combs.")
    if size := next(_too_large(video, client, bounds), None):
        yield size


def of_rate(facts: MediaFacts, client: Abilities, bounds: Bounds) -> Iterator[Reason]:
    """The reason why the file as a whole needs too many bits: the ceiling that is lowest."""
    rate = facts.bit_rate or (facts.size * 8000 // facts.duration_ms if facts.duration_ms > 0 else 0)
    stream: Stream = "video" if facts.video else "audio"
    lowest = min(ceilings(client, bounds), default=None)
    if lowest is not None and rate > lowest.value:
        text = f"The file needs {rate // 1000} kbit/s; {lowest.whose} {lowest.value // 1000} at most."
        yield Reason(lowest.code, stream, text)


def of_sound(facts: MediaFacts, audio: AudioTrack, client: Abilities, bounds: Bounds) -> tuple[Reason, ...]:
    """Reasons why the sound cannot be played as it is, however it gets there."""
    reasons = () if facts.video else tuple(of_rate(facts, client, bounds))
    decoder = client.decoder(audio.codec)
    most = min((count for count in (client.max_channels, decoder.max_channels) if count is not None), default=audio.channels)
    if not _is_in(audio.codec, client.audio_codecs):
        return (Reason("audio_codec_unsupported", "audio", f"The player cannot decode {audio.codec}."), *reasons)
    if not _has_profile(audio.profile, decoder):
        return (
            Reason("audio_profile_unsupported", "audio", f"The player cannot decode {audio.codec} of profile {audio.profile}."),
            *reasons,
        )
    if audio.channels > most:
        text = f"The sound has {audio.channels} channels; the player takes {most}."
        return (Reason("audio_channels", "audio", text), *reasons)
    return reasons


def of_cutting(video: VideoTrack, client: Abilities, entry: Entry) -> Iterator[Reason]:
    """Reasons that stand only where the picture has to go through HLS."""
    if video.codec not in COPIED_VIDEO:
        yield Reason("video_codec_unsupported", "video", f"{video.codec} cannot be sent in segments.")
    elif client.transport_streams and video.codec not in FITTING:
        yield Reason("video_codec_unsupported", "video", f"{video.codec} cannot be sent in transport streams.")
    elif entry == "unknown":
        yield Reason("keyframes_unknown", "video", "Where the picture can be cut into segments is not known.")
    elif entry == "open" and not client.seeks_open_gops:
        yield Reason("open_gop", "video", "Its groups of pictures are open: seeking would break the player's decoder.")


def of_packing(audio: AudioTrack | None) -> tuple[Reason, ...]:
    """Reasons that stand only where the sound has to go through HLS."""
    if audio is None or (audio.codec in _SEGMENTED_SOUND and can_copy_audio(audio)):
        return ()
    kind = f"{audio.codec} ({audio.profile})" if audio.codec in _SEGMENTED_SOUND and audio.profile else audio.codec
    return (Reason("audio_codec_unsupported", "audio", f"{kind} cannot be sent in segments."),)


def _undecodable(video: VideoTrack, client: Abilities) -> Reason | None:
    """Return the first thing that keeps the player's decoder from this picture."""
    codec, decoder = video.codec, client.decoder(video.codec)
    if not _is_in(codec, client.video_codecs):
        return Reason("video_codec_unsupported", "video", f"The player cannot decode {codec}.")
    if video.bit_depth > client.depth(codec):
        return Reason("video_depth_unsupported", "video", f"The player cannot decode {codec} with {video.bit_depth} bits per sample.")
    if not client.any_chroma and any(mark in video.pixel_format for mark in _FINE_CHROMA):
        return Reason("video_chroma_unsupported", "video", f"The player cannot decode {codec} with {video.pixel_format} colours.")
    if not _has_profile(video.profile, decoder):
        return Reason("video_profile_unsupported", "video", f"The player cannot decode {codec} of profile {video.profile}.")
    if decoder.level is not None and (video.level or 0) > decoder.level:
        text = f"The player decodes {codec} up to level {decoder.level}; this is level {video.level}."
        return Reason("video_level_unsupported", "video", text)
    return None


def _too_large(video: VideoTrack, client: Abilities, bounds: Bounds) -> Iterator[Reason]:
    """Reasons why the picture has more lines or columns than it may have, the decoder's last."""
    high, limits = widest(video)[1], heights(video, client, bounds)
    for limit in sorted(limits):
        if high > limit.value:
            yield Reason(limit.code, "video", f"The picture is {high} lines high; {limit.whose} {limit.value} at most.")
    decoder = client.decoder(video.codec)
    if decoder.max_width is None or decoder.max_height is None:
        return
    size, most = sorted((video.width, video.height)), sorted((decoder.max_width, decoder.max_height))  # a telephone's lies on its side
    if size[0] > most[0] or size[1] > most[1]:
        text = f"The picture is {video.width} by {video.height}; the player decodes {decoder.max_width} by {decoder.max_height} at most."
        yield Reason("video_too_large", "video", text)


def _has_profile(profile: str | None, decoder: Decoder) -> bool:
    return profile is None or decoder.profiles is None or profile in decoder.profiles


def _is_in(name: str, names: frozenset[str]) -> bool:
    return name in names or EVERYTHING in names
