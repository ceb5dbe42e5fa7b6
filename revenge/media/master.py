"""Master playlists: which pictures, sounds and subtitles there are, and what a player needs to choose among them."""

from collections.abc import Sequence
from itertools import chain, count

from revenge.core.facts import SubtitleTrack
from revenge.media.codecs import audio_codec, video_codec, video_range
from revenge.media.hls import MEDIA
from revenge.media.languages import tag
from revenge.media.lines import attributes, quoted, text
from revenge.media.muxed import Muxed
from revenge.media.rates import average, peak
from revenge.media.rendition import Rendition, Source, aac, audio_track, h264, picture_size, still, video_track

_Tracks = Sequence[SubtitleTrack]


def master(source: Source, videos: Sequence[Rendition], audios: Sequence[Rendition] = (), subtitles: _Tracks = ()) -> str:
    """The master playlist, the variant to begin with first; without a picture the first sound is the only variant.

    FFmpeg counts time by the first playlist it meets, which has to be a picture's: so the variants stand before the other tracks.
    """
    lines: list[str] = []
    for rendition in videos or audios[:1]:
        lines += [_variant(source, rendition, audios if videos else (), words=bool(subtitles and videos)), f"{rendition.name}/{MEDIA}"]
    if videos:
        lines += [*_stills(source, videos[0]), *_audio_group(source, audios), *_subtitle_group(subtitles)]
    return text("#EXTM3U", "#EXT-X-VERSION:7", *lines)


def muxed_master(source: Source, variants: Sequence[Muxed], subtitles: _Tracks = ()) -> str:
    """The master playlist of transport streams, each picture and sound in one."""
    lines: list[str] = []
    for variant in variants:
        sounds = [variant.audio] if variant.audio else []
        lines += [_variant(source, variant.video, sounds, words=bool(subtitles), apart=False), f"{variant.name}/{MEDIA}"]
    return text("#EXTM3U", "#EXT-X-VERSION:4", *lines, *_subtitle_group(subtitles))


def _variant(source: Source, rendition: Rendition, audios: Sequence[Rendition], *, words: bool, apart: bool = True) -> str:
    codecs = sorted({code for one in (rendition, *audios) if (code := _codec(source, one))})
    pairs: list[tuple[str, str | None]] = [
        ("BANDWIDTH", str(peak(source, rendition) + max((peak(source, audio) for audio in audios), default=0))),
        ("AVERAGE-BANDWIDTH", str(average(source, rendition) + max((average(source, audio) for audio in audios), default=0))),
        ("CODECS", quoted(",".join(codecs)) if codecs else None),
    ]
    if rendition.kind == "video":
        pairs += _picture(source, rendition)
    pairs += [("AUDIO", '"sound"' if audios and apart else None), ("SUBTITLES", '"words"' if words else None)]
    return attributes("EXT-X-STREAM-INF", pairs)


def _picture(source: Source, rendition: Rendition) -> list[tuple[str, str | None]]:
    track = video_track(source, rendition)
    width, height = picture_size(track, rendition.height)
    return [
        ("RESOLUTION", f"{width}x{height}"),
        ("FRAME-RATE", f"{track.frame_rate:.3f}" if track.frame_rate else None),
        ("VIDEO-RANGE", video_range(track) if rendition.copies else "SDR"),
    ]


def _stills(source: Source, rendition: Rendition) -> list[str]:
    """The pictures to look through while one seeks."""
    one = still(video_track(source, rendition))
    width, height = picture_size(video_track(source, rendition), one.height)
    return [
        attributes(
            "EXT-X-I-FRAME-STREAM-INF",
            [
                ("BANDWIDTH", str(peak(source, one))),
                ("CODECS", quoted(_codec(source, one))),
                ("RESOLUTION", f"{width}x{height}"),
                ("VIDEO-RANGE", "SDR"),
                ("URI", f'"{one.name}/{MEDIA}"'),
            ],
        )
    ]


def _codec(source: Source, rendition: Rendition) -> str | None:
    if rendition.kind == "audio":
        return audio_codec(audio_track(source, rendition)) if rendition.copies else "mp4a.40.2"
    track = video_track(source, rendition)
    return video_codec(track) if rendition.copies else f"avc1.6400{h264(track, rendition, 1).level:02x}"


def _audio_group(source: Source, audios: Sequence[Rendition]) -> list[str]:
    tracks = [audio_track(source, rendition) for rendition in audios]
    chosen = next((at for at, track in enumerate(tracks) if track.default), 0)
    names = _distinct([track.title or _spoken(track.language, f"Audio {at + 1}") for at, track in enumerate(tracks)])
    return [
        attributes(
            "EXT-X-MEDIA",
            [
                ("TYPE", "AUDIO"),
                ("GROUP-ID", '"sound"'),
                ("NAME", quoted(names[at])),
                ("LANGUAGE", quoted(tag(track.language))),
                ("DEFAULT", "YES" if at == chosen else "NO"),
                ("AUTOSELECT", "YES"),
                ("CHANNELS", f'"{track.channels if audios[at].copies else aac(track, audios[at]).channels}"'),
                ("URI", f'"{audios[at].name}/{MEDIA}"'),
            ],
        )
        for at, track in enumerate(tracks)
    ]


def _subtitle_group(tracks: _Tracks) -> list[str]:
    names = _distinct([track.title or _spoken(track.language, f"Subtitles {at + 1}") for at, track in enumerate(tracks)])
    chosen = next((at for at, track in enumerate(tracks) if track.default and not track.forced), None)
    return [
        attributes(
            "EXT-X-MEDIA",
            [
                ("TYPE", "SUBTITLES"),
                ("GROUP-ID", '"words"'),
                ("NAME", quoted(names[at])),
                ("LANGUAGE", quoted(tag(track.language))),
                ("DEFAULT", "YES" if at == chosen else "NO"),
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
    told: list[str] = []
    for name in names:
        told.append(next(one for one in chain([name], (f"{name} ({number})" for number in count(2))) if one not in told))
    return told
