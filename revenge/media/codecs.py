"""Codecs as playlists and browsers name them (RFC 6381)."""

from revenge.core.facts import AudioTrack, VideoTrack

_H264 = {
    "Constrained Baseline": "42e0",
    "Baseline": "4200",
    "Main": "4d40",
    "Extended": "5800",
    "High": "6400",
    "High 10": "6e00",
    "High 4:2:2": "7a00",
    "High 4:4:4 Predictive": "f400",
}
_AV1 = {"Main": 0, "High": 1, "Professional": 2}
_RANGES = {"hdr10": "PQ", "hlg": "HLG", "dolby_vision": "PQ"}
_SOUND = {"ac3": "ac-3", "eac3": "ec-3", "mp3": "mp4a.40.34", "opus": "opus", "flac": "fLaC"}


def video_codec(track: VideoTrack) -> str | None:
    """The picture's codec string, None for one that no playlist can name."""
    level = track.level or 0
    if track.codec == "h264":
        return f"avc1.{_H264.get(track.profile or '', '6400')}{level or 40:02x}"
    if track.codec == "hevc":
        profile = "1.6" if track.bit_depth == 8 else "2.4"
        return f"hvc1.{profile}.L{level or 120}.B0"
    if track.codec == "av1":
        return f"av01.{_AV1.get(track.profile or '', 0)}.{level or 8:02d}M.{track.bit_depth:02d}"
    if track.codec == "vp9":
        return f"vp09.{0 if track.bit_depth == 8 else 2:02d}.{level or 40}.{track.bit_depth:02d}"
    return None


def audio_codec(track: AudioTrack) -> str | None:
    """The sound's codec string, None for one that no playlist can name."""
    if track.codec == "aac":
        return {"HE-AAC": "mp4a.40.5", "HE-AACv2": "mp4a.40.29"}.get(track.profile or "", "mp4a.40.2")
    return _SOUND.get(track.codec)


def video_range(track: VideoTrack) -> str:
    """How bright it may be: SDR, PQ or HLG."""
    return _RANGES.get(track.hdr or "", "SDR")
