"""HLS media playlists: pure text from facts and plan, the same bytes on every node, with relative addresses only.

Laid out as folders: the master playlist (`master.py`), and beside it one folder per rendition with `index.m3u8`, `init.mp4` and `0.m4s`, `1.m4s` …;
subtitles have `index.m3u8` and `all.vtt`, transport streams `index.m3u8` and `0.ts`, `1.ts` ….
"""

from collections.abc import Iterator

from revenge.media.keyframes import CLOCK
from revenge.media.lines import text
from revenge.media.muxed import Muxed
from revenge.media.plan import announced, film_end, target
from revenge.media.rendition import Rendition, Source

MEDIA, INIT, SUBTITLES = "index.m3u8", "init.mp4", "all.vtt"
_OWN_STAMP = "X-TIMESTAMP-MAP=MPEGTS:180000,LOCAL:00:00:00.000"
"""Every stamp of every rendition is two seconds late, so that decoding times stay positive; subtitles have to be told."""
_MICRO = 1_000_000


def media(source: Source, rendition: Rendition) -> str:
    """The media playlist of a picture, a sound, or stills. NotFound: no such stream, or a copy without a keyframe index."""
    lengths = announced(source, rendition)
    only_stills = ["#EXT-X-I-FRAMES-ONLY"] if rendition.kind == "still" else []
    longest = round(max(lengths) / _MICRO) if only_stills else target(source)
    return text(
        *_head(7, longest),
        *_independent(source, rendition),
        *only_stills,
        f'#EXT-X-MAP:URI="{INIT}"',
        *_segments(lengths, "m4s"),
        "#EXT-X-ENDLIST",
    )


def muxed_media(source: Source, muxed: Muxed) -> str:
    """The media playlist of a transport stream."""
    lengths = announced(source, muxed.video)
    return text(*_head(3, target(source)), *_independent(source, muxed.video), *_segments(lengths, "ts"), "#EXT-X-ENDLIST")


def subtitle_media(source: Source) -> str:
    """The media playlist of any subtitle: one file for the whole film."""
    length = film_end(source) * _MICRO // CLOCK
    return text(*_head(7, max(1, round(length / _MICRO))), f"#EXTINF:{_seconds(length)},\n{SUBTITLES}", "#EXT-X-ENDLIST")


def stamped(vtt: bytes) -> bytes:
    """WebVTT for a playlist: with the line that ties its times to those of the segments."""
    head, line, rest = vtt.partition(b"\n")
    return head + line + _OWN_STAMP.encode() + b"\n" + rest


def _head(version: int, longest: int) -> list[str]:
    return [
        "#EXTM3U",
        f"#EXT-X-VERSION:{version}",
        f"#EXT-X-TARGETDURATION:{longest}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]


def _independent(source: Source, rendition: Rendition) -> list[str]:
    """The promise that every segment can be decoded alone: not kept by copies of open groups of pictures."""
    clean = rendition.kind != "video" or not rendition.copies or (source.index is not None and source.index.soft == 0)
    return ["#EXT-X-INDEPENDENT-SEGMENTS"] if clean else []


def _segments(lengths: list[int], suffix: str) -> Iterator[str]:
    return (f"#EXTINF:{_seconds(length)},\n{number}.{suffix}" for number, length in enumerate(lengths))


def _seconds(micro: int) -> str:
    return f"{micro // _MICRO}.{micro % _MICRO:06d}"
