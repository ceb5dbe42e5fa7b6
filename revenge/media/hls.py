"""HLS playlists: pure text from facts and plan, the same bytes on every node, with relative addresses only.

Laid out as folders: `<master>`, and beside it one folder per rendition with `index.m3u8`, `init.mp4` and `0.m4s`, `1.m4s` …; subtitles have
`index.m3u8` and `all.vtt`.
"""

from collections.abc import Iterable, Sequence

from revenge.core.facts import AudioTrack, SubtitleTrack, VideoTrack
from revenge.media.codecs import audio_codec, video_codec, video_range
from revenge.media.keyframes import CLOCK
from revenge.media.languages import tag
from revenge.media.plan import announced, film_end
from revenge.media.rendition import Rendition, Source, aac, audio_track, h264, picture_size, video_track

MEDIA, INIT, SUBTITLES = "index.m3u8", "init.mp4", "all.vtt"
_AAC_RATE = 96_000
"""Bits per second of one channel of our AAC, generously."""
_OWN_STAMP = "X-TIMESTAMP-MAP=MPEGTS:180000,LOCAL:00:00:00.000"
"""Every stamp of every rendition is two seconds late, so that decoding times stay positive; subtitles have to be told."""


def segment_name(number: int) -> str:
    """File name of a segment within its rendition's folder."""
    return f"{number}.m4s"


def master(source: Source, videos: Sequence[Rendition], audios: Sequence[Rendition] = (), subtitles: Sequence[SubtitleTrack] = ()) -> str:
    """The master playlist. The first sound is the default one unless a track says so itself; without a picture the sounds are the variants."""
    groups = [*_audio_group(source, audios), *_subtitle_group(subtitles)] if videos else []
    lines: list[str] = []
    for rendition in videos or audios[:1]:
        lines += [_variant(source, rendition, audios if videos else (), bool(subtitles) and bool(videos)), f"{rendition.name}/{MEDIA}"]
    return _text("#EXTM3U", "#EXT-X-VERSION:7", *lines, *groups)  # FFmpeg takes the first one's clock for all


def media(source: Source, rendition: Rendition) -> str:
    """The media playlist of a picture or a sound. NotFound: no such stream, or a copy without a keyframe index."""
    lengths = announced(source, rendition)
    clean = rendition.kind == "audio" or not rendition.copies or (source.index is not None and source.index.soft == 0)
    return _text(
        *_head(max(lengths) / 1_000_000),
        *["#EXT-X-INDEPENDENT-SEGMENTS"][: int(clean)],
        f'#EXT-X-MAP:URI="{INIT}"',
        *(f"#EXTINF:{length // 1_000_000}.{length % 1_000_000:06d},\n{segment_name(number)}" for number, length in enumerate(lengths)),
        "#EXT-X-ENDLIST",
    )


def subtitle_media(source: Source) -> str:
    """The media playlist of any subtitle: one file for the whole film."""
    length = film_end(source) / CLOCK
    return _text(*_head(length), f"#EXTINF:{length:.6f},\n{SUBTITLES}", "#EXT-X-ENDLIST")


def stamped(vtt: bytes) -> bytes:
    """WebVTT for a playlist: with the line that ties its times to those of the segments."""
    head, line, rest = vtt.partition(b"\n")
    return head + line + _OWN_STAMP.encode() + b"\n" + rest


def _head(longest: float) -> list[str]:
    return [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, round(longest))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _attributes(tag_name: str, pairs: Iterable[tuple[str, str | None]]) -> str:
    return f"#{tag_name}:" + ",".join(f"{name}={value}" for name, value in pairs if value is not None)


def _quoted(text: str | None) -> str | None:
    """Quoted as a playlist allows it: no quotes and no line breaks inside."""
    if text is None:
        return None
    plain = "".join("'" if letter == '"' else letter for letter in text if letter.isprintable())
    return f'"{plain}"'


def _audio_group(source: Source, audios: Sequence[Rendition]) -> list[str]:
    tracks = [audio_track(source, rendition) for rendition in audios]
    chosen = next((at for at, track in enumerate(tracks) if track.default), 0)
    names = _distinct([track.title or _spoken(track.language, f"Audio {at + 1}") for at, track in enumerate(tracks)])
    return [
        _attributes(
            "EXT-X-MEDIA",
            [
                ("TYPE", "AUDIO"),
                ("GROUP-ID", '"sound"'),
                ("NAME", _quoted(names[at])),
                ("LANGUAGE", _quoted(tag(track.language))),
                ("DEFAULT", "YES" if at == chosen else "NO"),
                ("AUTOSELECT", "YES"),
                ("CHANNELS", f'"{track.channels if audios[at].copies else aac(track, audios[at]).channels}"'),
                ("URI", f'"{audios[at].name}/{MEDIA}"'),
            ],
        )
        for at, track in enumerate(tracks)
    ]


def _subtitle_group(tracks: Sequence[SubtitleTrack]) -> list[str]:
    names = _distinct([track.title or _spoken(track.language, f"Subtitles {at + 1}") for at, track in enumerate(tracks)])
    return [
        _attributes(
            "EXT-X-MEDIA",
            [
                ("TYPE", "SUBTITLES"),
                ("GROUP-ID", '"words"'),
                ("NAME", _quoted(names[at])),
                ("LANGUAGE", _quoted(tag(track.language))),
                ("DEFAULT", "YES" if track.default and not track.forced else "NO"),
                ("AUTOSELECT", "YES"),
                ("FORCED", "YES" if track.forced else "NO"),
                ("URI", f'"s{track.index}/{MEDIA}"'),
            ],
        )
        for at, track in enumerate(tracks)
    ]


def _spoken(language: str | None, otherwise: str) -> str:
    return tag(language) or otherwise


def _distinct(names: Sequence[str]) -> list[str]:
    """Names told apart by a number, since a player lists a name once."""
    return [name if name not in names[:at] else f"{name} ({names[: at + 1].count(name)})" for at, name in enumerate(names)]


def _variant(source: Source, rendition: Rendition, audios: Sequence[Rendition], subtitles: bool) -> str:
    sounds = [audio_track(source, audio) for audio in audios]
    codecs = {_codec(source, one) for one in (rendition, *audios)} - {None}
    rate = _rate(source, rendition) + max((_sound_rate(track, audio) for track, audio in zip(sounds, audios, strict=True)), default=0)
    pairs: list[tuple[str, str | None]] = [("BANDWIDTH", str(rate)), ("CODECS", _quoted(",".join(sorted(code for code in codecs if code))))]
    if rendition.kind == "video":
        pairs += _picture(source, rendition)
    pairs += [("AUDIO", '"sound"' if audios else None), ("SUBTITLES", '"words"' if subtitles else None)]
    return _attributes("EXT-X-STREAM-INF", pairs)


def _picture(source: Source, rendition: Rendition) -> list[tuple[str, str | None]]:
    track = video_track(source, rendition)
    width, height = picture_size(track, rendition.height)
    return [
        ("RESOLUTION", f"{width}x{height}"),
        ("FRAME-RATE", f"{track.frame_rate:.3f}" if track.frame_rate else None),
        ("VIDEO-RANGE", video_range(track) if rendition.copies else "SDR"),
    ]


def _codec(source: Source, rendition: Rendition) -> str | None:
    if rendition.kind == "audio":
        return audio_codec(audio_track(source, rendition)) if rendition.copies else "mp4a.40.2"
    track = video_track(source, rendition)
    return video_codec(track) if rendition.copies else f"avc1.6400{h264(track, rendition, 1).level:02x}"


def _rate(source: Source, rendition: Rendition) -> int:
    """Bits per second at its busiest, as well as it is known."""
    if rendition.kind == "audio":
        return _sound_rate(audio_track(source, rendition), rendition)
    track = video_track(source, rendition)
    return _copied_rate(source, track) if rendition.copies else h264(track, rendition, 1).max_rate


def _copied_rate(source: Source, track: VideoTrack) -> int:
    average = track.bit_rate or source.facts.bit_rate or source.facts.size * 8 * CLOCK // film_end(source)
    return average * 3 // 2


def _sound_rate(track: AudioTrack, rendition: Rendition) -> int:
    if rendition.copies and track.bit_rate:
        return track.bit_rate
    return (aac(track, rendition).channels if not rendition.copies else track.channels) * _AAC_RATE
