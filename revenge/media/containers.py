"""Containers by the names that players and people use: those FFmpeg gives them when it writes one."""

_WRITTEN = {"mov": "mp4"}
"""By the first name of the demuxer, where another of its names is the usual one."""
_WEBM = b"\x42\x82\x84webm"
"""Matroska's document type (element 0x4282), which alone tells WebM from it."""


def container_name(demuxer: str, head: bytes) -> str:
    """Return the name of a container that FFmpeg opened as `demuxer` (`mov,mp4,m4a,3gp,3g2,mj2`) and that begins with these bytes."""
    name = demuxer.partition(",")[0]
    if name == "matroska" and _WEBM in head:
        return "webm"
    return _WRITTEN.get(name, name)
