"""How a file reaches a player: as it is, in another container, or encoded anew. A pure function, and it says why."""

from collections.abc import Iterator

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.media.rendition import CHANNELS, COPIED_VIDEO, can_copy_audio, picture_size
from revenge.services.playback.entity import Decision, Entry, Method, Reason
from revenge.services.playback.profiles import EVERYTHING, Abilities

_ALIASES = {
    "mp4": frozenset({"mov", "mp4", "m4v", "m4a", "mov,mp4,m4a,3gp,3g2,mj2"}),
    "matroska": frozenset({"matroska", "mkv", "matroska,webm"}),
    "webm": frozenset({"webm", "matroska", "mkv", "matroska,webm"}),
    "mpegts": frozenset({"mpegts", "ts", "m2ts"}),
}
_WEBM = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_SEGMENTED_SOUND = frozenset({"aac", "ac3", "eac3"})
"""Sound that players of HLS take as it is, where they take it at all."""
_DEEP = frozenset({"hevc", "av1", "vp9"})
_DEEP_BITS = 10
_FINE_CHROMA = ("422", "444", "440", "411", "rgb", "gbr", "bgr")
"""Marks in the names of pixel formats that hold more colour than most decoders take."""
_ENCODED_CHANNEL = 96_000
"""Bit/s of one channel of encoded sound, generously."""
_LEAST_RATE = 100_000


def decide(facts: MediaFacts, client: Abilities, entry: Entry) -> Decision:
    """Return how this file reaches this client.

    The sound that counts is the one a player begins with; another track is encoded only when somebody chooses it and it has to be.
    """
    played = default_audio(facts)
    container = tuple(_container_reasons(facts, client))
    video = (*_picture_reasons(facts.video, client), *_rate_reasons(facts, client)) if facts.video else ()
    audio = _audio_reasons(facts, played, client) if played else ()
    cutting = tuple(_cutting_reasons(facts.video, client, entry)) if facts.video else ()
    method: Method = "direct"
    if container or video or audio:  # then it goes through HLS, which has demands of its own
        video, audio = video or cutting, audio or _packing_reasons(played)
        method = "transcode" if video or audio else "remux"
    copied = tuple(track.index for track in facts.audio if not (_audio_reasons(facts, track, client) or _packing_reasons(track)))
    channels = _channels(client)
    return Decision(
        method=method,
        reasons=(*container, *video, *audio),
        entry=entry,
        copy_video=facts.video is not None and not (video or cutting),
        max_height=client.max_height if facts.video and _is_too_high(facts.video, client) else None,
        video_bitrate=_room(client, played, channels, copied),
        copy_audio=copied,
        channels=channels,
    )


def default_audio(facts: MediaFacts) -> AudioTrack | None:
    """Return the track a plain player plays: the default one, else the first."""
    return next((track for track in facts.audio if track.default), facts.audio[0] if facts.audio else None)


def is_webm(facts: MediaFacts) -> bool:
    """Whether it is, or is as good as, WebM: Matroska that holds nothing else."""
    codecs = {track.codec for track in (facts.video, *facts.audio) if track is not None}
    return facts.container == "webm" or (facts.container == "matroska" and codecs <= _WEBM)


def _container_reasons(facts: MediaFacts, client: Abilities) -> Iterator[Reason]:
    names = _ALIASES.get(facts.container, frozenset({facts.container})) | ({"webm"} if is_webm(facts) else set())
    if EVERYTHING not in client.containers and not names & client.containers:
        yield Reason("container_unsupported", "container", f"The player cannot open {facts.container} files.")


def _picture_reasons(video: VideoTrack, client: Abilities) -> Iterator[Reason]:
    """Reasons why the picture cannot be shown as it is, however it gets there."""
    if not _is_in(video.codec, client.video_codecs):
        yield Reason("video_codec_unsupported", "video", f"The player cannot decode {video.codec}.")
    elif video.bit_depth > _depth(video.codec, client):
        yield Reason("video_depth_unsupported", "video", f"The player cannot decode {video.codec} with {video.bit_depth} bits per sample.")
    elif not client.any_chroma and any(mark in video.pixel_format for mark in _FINE_CHROMA):
        yield Reason("video_chroma_unsupported", "video", f"The player cannot decode {video.codec} with {video.pixel_format} colours.")
    if video.hdr is not None and not _is_in(video.hdr, client.hdr):
        yield Reason("video_hdr_unsupported", "video", f"The screen cannot show {video.hdr}.")
    if video.interlaced and not client.deinterlaces:
        yield Reason("video_interlaced", "video", "The picture is interlaced, which the player would show as combs.")
    if _is_too_high(video, client):
        yield Reason(
            "video_too_large", "video", f"The picture is {_height(video)} lines high; the player wants {client.max_height} at most."
        )


def _rate_reasons(facts: MediaFacts, client: Abilities) -> Iterator[Reason]:
    rate = facts.bit_rate or (facts.size * 8000 // facts.duration_ms if facts.duration_ms > 0 else 0)
    if client.max_bitrate is not None and rate > client.max_bitrate:
        text = f"The file needs {rate // 1000} kbit/s; the player wants {client.max_bitrate // 1000} at most."
        yield Reason("bitrate_too_high", "video" if facts.video else "audio", text)


def _audio_reasons(facts: MediaFacts, audio: AudioTrack, client: Abilities) -> tuple[Reason, ...]:
    """Reasons why the sound cannot be played as it is, however it gets there."""
    reasons = () if facts.video else tuple(_rate_reasons(facts, client))
    if not _is_in(audio.codec, client.audio_codecs):
        return (Reason("audio_codec_unsupported", "audio", f"The player cannot decode {audio.codec}."), *reasons)
    if client.max_channels is not None and audio.channels > client.max_channels:
        text = f"The sound has {audio.channels} channels; the player takes {client.max_channels}."
        return (Reason("audio_channels", "audio", text), *reasons)
    return reasons


def _cutting_reasons(video: VideoTrack, client: Abilities, entry: Entry) -> Iterator[Reason]:
    """Reasons that stand only where the picture has to go through HLS."""
    if video.codec not in COPIED_VIDEO:
        yield Reason("video_codec_unsupported", "video", f"{video.codec} cannot be sent in segments.")
    elif entry == "unknown":
        yield Reason("keyframes_unknown", "video", "Where the picture can be cut into segments is not known.")
    elif entry == "open" and not client.seeks_open_gops:
        yield Reason("open_gop", "video", "Its groups of pictures are open: seeking would break the player's decoder.")


def _packing_reasons(audio: AudioTrack | None) -> tuple[Reason, ...]:
    """Reasons that stand only where the sound has to go through HLS."""
    if audio is None or (audio.codec in _SEGMENTED_SOUND and can_copy_audio(audio)):
        return ()
    kind = f"{audio.codec} ({audio.profile})" if audio.codec in _SEGMENTED_SOUND and audio.profile else audio.codec
    return (Reason("audio_codec_unsupported", "audio", f"{kind} cannot be sent in segments."),)


def _depth(codec: str, client: Abilities) -> int:
    return max(client.bit_depth, _DEEP_BITS) if codec in _DEEP else client.bit_depth


def _height(video: VideoTrack) -> int:
    """Return the lines of the picture as it is shown: a telephone's may lie on its side."""
    return picture_size(video, None)[1]


def _is_too_high(video: VideoTrack, client: Abilities) -> bool:
    return client.max_height is not None and _height(video) > client.max_height


def _channels(client: Abilities) -> int:
    """Return how many channels encoded sound may have."""
    most = client.max_channels or client.channels
    return max((count for count in CHANNELS if count <= most), default=CHANNELS[0])


def _room(client: Abilities, played: AudioTrack | None, channels: int, copied: tuple[int, ...]) -> int | None:
    """Return the bit/s left for the picture beside the sound; None where nothing limits them."""
    if client.max_bitrate is None:
        return None
    sound = 0
    if played is not None:
        as_it_is = played.index in copied
        sound = (played.bit_rate if as_it_is else None) or _ENCODED_CHANNEL * (played.channels if as_it_is else channels)
    return max(client.max_bitrate - sound, _LEAST_RATE)


def _is_in(name: str, names: frozenset[str]) -> bool:
    return name in names or EVERYTHING in names
