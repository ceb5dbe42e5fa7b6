"""Films of every kind, before a player that forgives nothing."""

from dataclasses import replace
from fractions import Fraction

import pytest

from revenge.media.rendition import Rendition, Source, can_copy_audio, can_copy_video
from tests.fixtures.media import IRREGULAR, Film, Sound, Words, make_film
from tests.media.rendering import source_of
from tests.media.strict import StrictPlayer

SHORT = Film(seconds=5, gops=IRREGULAR)
SURROUND = Sound("ac3", "5.1")
VP9 = replace(SHORT, codec="libvpx-vp9", gops=(36,), options={"deadline": "realtime", "cpu-used": "8"}, sounds=(Sound("libopus"),))
AV1 = replace(SHORT, codec="libsvtav1", gops=(36,), options={"preset": "12"})
HEVC = replace(SHORT, codec="libx265", gops=(36,))
MPEG2 = replace(SHORT, codec="mpeg2video", gops=(12,), rate=Fraction(25), options={"b": "800k", "bf": "2"}, sounds=(Sound("mp2"),))
ASP = replace(SHORT, codec="mpeg4", gops=(48,), options={"bf": "2"}, sounds=(Sound("libmp3lame"),))
VARYING = tuple(n for n in range(120) if n % 7 in (2, 3) or 50 < n < 64)
QUICK: dict[str, Film] = {
    "edit list.mp4": SHORT,
    "surround, two tongues.mkv": replace(
        SHORT, sounds=(SURROUND, Sound("aac", language="ger")), words=(Words(), Words("ass", "ger")), cover=True
    ),
    "open groups.ts": replace(SHORT, open_gop=True),
    "varying.mkv": replace(SHORT, drop=VARYING),
    "hevc.mp4": replace(HEVC, seconds=4),
    "asp.avi": ASP,
    "vp9.webm": replace(VP9, seconds=4),
}
ALL: dict[str, Film] = {
    "av1.mp4": AV1,
    "av1.mkv": AV1,
    "av1.webm": replace(AV1, sounds=(Sound("libopus"),)),
    "vp9.mp4": replace(VP9, sounds=(Sound(),)),
    "vp9.mkv": VP9,
    "hevc.mkv": HEVC,
    "hevc.ts": HEVC,
    "hevc, ten bits.mkv": replace(HEVC, pixel_format="yuv420p10le"),
    "hevc, open groups.mp4": replace(HEVC, open_gop=True),
    "hevc, open groups.mkv": replace(HEVC, open_gop=True),
    "mpeg-2.ts": MPEG2,
    "mpeg-2.mkv": MPEG2,
    "mpeg-2, interlaced.ts": replace(MPEG2, interlaced=True),
    "asp.mkv": ASP,
    "asp.mp4": replace(ASP, sounds=(Sound(),)),
    "open groups.mp4": replace(SHORT, open_gop=True),
    "open groups.mkv": replace(SHORT, open_gop=True),
    "no b-frames.mp4": replace(SHORT, options={"bf": "0"}),
    "pyramid.mp4": replace(SHORT, options={"bf": "7", "x264-params": "open-gop=0:scenecut=0:b-pyramid=normal:bframes=7:b-adapt=0:ref=4"}),
    "pyramid.ts": replace(SHORT, options={"bf": "7", "x264-params": "open-gop=0:scenecut=0:b-pyramid=normal:bframes=7:b-adapt=0:ref=4"}),
    "long groups.mkv": replace(SHORT, seconds=40, gops=(720,)),
    "long groups.mp4": replace(SHORT, seconds=40, gops=(720,)),
    "dense keyframes.mp4": replace(SHORT, gops=(1, 2, 1, 30)),
    "only keyframes.mkv": replace(SHORT, gops=(1,)),
    "varying.mp4": replace(SHORT, drop=VARYING),
    "varying.ts": replace(SHORT, drop=VARYING),
    "begins late.mp4": replace(SHORT, start=5),
    "begins late.mkv": replace(SHORT, start=5),
    "begins late.ts": replace(SHORT, start=500),
    "fifty a second.mp4": replace(SHORT, rate=Fraction(50)),
    "ntsc.mkv": replace(SHORT, rate=Fraction(30000, 1001)),
    "surround.mp4": replace(SHORT, sounds=(Sound(layout="5.1"),)),
    "surround.ts": replace(SHORT, sounds=(SURROUND, Sound("mp2"))),
    "mono 44100.mp4": replace(SHORT, sounds=(Sound(layout="mono", rate=44100),)),
    "flac.mkv": replace(SHORT, sounds=(Sound("flac"),)),
    "sound comes late.mkv": replace(SHORT, sounds=(Sound("ac3", start=1.5),)),
    "sound comes late.mp4": replace(SHORT, sounds=(Sound(start=1.5),)),
    "sound outlasts.mkv": replace(SHORT, sounds=(Sound("ac3", longer=4),)),
    "sound ends early.ts": replace(SHORT, sounds=(Sound("ac3", longer=-2),)),
    "two hours in.mkv": replace(SHORT, start=7200),
    "odd size.mkv": replace(SHORT, width=322, height=182),
    "silent.mp4": replace(SHORT, sounds=()),
}


@pytest.fixture
def film(request, films):
    path = films / f"strict {request.param}"
    return source_of(path if path.exists() else make_film(path, {**QUICK, **ALL}[request.param]))


def play(source: Source, times: int) -> None:
    """All of it, as copies and encoded, with jumps and changes."""
    player = StrictPlayer(source)
    encoded = [Rendition("video", source.facts.video.index, height=240, kbps=kbps) for kbps in (None, 80)]
    pictures = [encoded[0], *([Rendition("video", source.facts.video.index)] if can_copy_video(source) else [])]
    for picture in pictures:
        player.check_picture(picture)
        player.check_alone(picture)
        player.check_seeks(picture, times)
        player.check_content(picture)
    player.check_switches(*encoded)
    for track in source.facts.audio:
        copied = [Rendition("audio", track.index)] if can_copy_audio(track) else []
        for sound in [Rendition("audio", track.index, channels=2), *copied]:
            player.check_sound(sound)


@pytest.mark.parametrize("film", QUICK, indirect=True)
def test_a_strict_player_is_content(film):
    play(film, 50)


@pytest.mark.long
@pytest.mark.parametrize("film", ALL, indirect=True)
def test_a_strict_player_is_content_with_every_kind_of_film(film):
    play(film, 50)
