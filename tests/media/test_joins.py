"""Segments are made alone, in any order, by anybody; joined they are the film."""

from dataclasses import replace
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from revenge.media.child import video
from revenge.media.plan import cut, durations
from revenge.media.render import picture_order
from revenge.media.rendition import Rendition, can_copy_audio, can_copy_video
from tests.fixtures.media import HEVC, IRREGULAR, MPEG2, PLAIN, Film, Sound, make_film
from tests.media.rendering import Seen, descriptor, ffmpeg_plays, lay_out, payload, pictures, pieces, samples, source_of

SHORT = Film(seconds=6, gops=IRREGULAR)
ODD: dict[str, Film] = {
    "variable rate.mkv": replace(PLAIN, drop=[n for n in range(288) if n % 7 in (2, 3) or 100 < n < 130]),
    "variable rate.mp4": replace(PLAIN, drop=[n for n in range(288) if n % 7 in (2, 3) or 100 < n < 130]),
    "44100.mp4": replace(SHORT, sounds=(Sound(rate=44100),)),
    "mp3 44100.mkv": replace(SHORT, sounds=(Sound("mp3", rate=44100),)),
    "flac 96000.mkv": replace(SHORT, sounds=(Sound("flac", rate=96000),)),
    "pcm.mkv": replace(SHORT, sounds=(Sound("pcm_s16le"),)),
    "opus.mkv": replace(SHORT, sounds=(Sound("libopus"),)),
    "sound outlasts.mp4": replace(SHORT, sounds=(Sound(longer=9),)),
    "sound outlasts.mkv": replace(SHORT, sounds=(Sound("ac3", longer=9),)),
    "sound ends early.mp4": replace(PLAIN, sounds=(Sound(longer=-7),)),
    "sound ends early.mkv": replace(PLAIN, sounds=(Sound("ac3", longer=-7),)),
    "sound comes late.mkv": replace(SHORT, sounds=(Sound("ac3", start=3),)),
    "clock starts at 5.mkv": replace(SHORT, start=5),
    "clock starts at 5.mp4": replace(SHORT, start=5),
    "clock starts at 500.ts": replace(SHORT, start=500),
    "open groups.ts": replace(PLAIN, open_gop=True),
    "hevc open groups.mkv": replace(HEVC, open_gop=True),
    "ntsc.mp4": replace(SHORT, rate=Fraction(24000, 1001)),
    "one keyframe.mkv": replace(SHORT, gops=(10_000,)),
    "dense keyframes.mp4": replace(SHORT, gops=(1, 2, 1, 30)),
    "mpeg4.avi": replace(SHORT, codec="mpeg4", gops=(48,), sounds=(Sound("mp3"),)),
    "silent film.mp4": replace(SHORT, sounds=()),
    "interlaced.ts": replace(MPEG2, interlaced=True),
    "av1.mkv": replace(SHORT, seconds=3, codec="libsvtav1", gops=(24,), options={"preset": "12"}),
    "vp9.webm": replace(
        SHORT, seconds=3, codec="libvpx-vp9", gops=(24,), options={"deadline": "realtime", "cpu-used": "8"}, sounds=(Sound("libopus"),)
    ),
}
COMMON = ["mp4_h264_aac", "mp4_index_at_end", "mkv_h264_ac3", "hevc_mkv", "hevc_mp4", "mpeg2_ts", "h264_ts", "open_gop_mkv"]


@pytest.fixture(scope="session")
def odd(films):
    def film(name: str):
        path = films / name
        return path if path.exists() else make_film(path, ODD[name])

    return film


@pytest.fixture(params=[*COMMON, *ODD])
def source(request, odd):
    name = request.param
    return source_of(odd(name) if name in ODD else request.getfixturevalue(name))


def test_a_copy_made_by_the_containers_header_alone_is_the_same(source):
    if not can_copy_video(source):
        pytest.skip("this picture is always encoded")
    picture = Rendition("video", source.facts.video.index)
    place = cut(source, picture, 1 if len(durations(source, picture)) > 1 else 0)
    order = picture_order(source, picture, 1, place, 1)
    with descriptor(source.path) as fd:
        assert video.make(order, None, fds=[fd]) == video.make(msgspec.structs.replace(order, by_header=False), None, fds=[fd])


def test_a_copied_picture_is_the_source_packet_by_packet(source):
    if not can_copy_video(source):
        pytest.skip("this picture is always encoded")
    seen, own = Seen(b"".join(pieces(source, Rendition("video", 0)))), Seen(source.path)
    assert seen.payloads == own.payloads
    assert seen.in_order
    assert [t - seen.times[0] for t in seen.times] == pytest.approx([t - own.times[0] for t in own.times], abs=1e-4)
    assert seen.times[0] >= 2


def test_an_encoded_picture_shows_every_frame_once_and_begins_each_segment_with_a_keyframe(source):
    rendition = Rendition("video", 0, height=240)
    init, *segments = pieces(source, rendition)
    seen, own = Seen(init + b"".join(segments)), Seen(source.path)
    assert len(pictures(init + b"".join(segments))) == len(own.packets)
    assert seen.in_order
    assert seen.times[0] == 2, "the first picture is there when the film begins"
    assert [t - 2 for t in seen.times[1:]] == pytest.approx([t - own.start for t in own.times[1:]], abs=1e-4)
    for segment in segments:
        alone = Seen(init + segment)
        assert [packet.is_keyframe for packet in alone.packets] == [True] + [False] * (len(alone.packets) - 1)


def test_sound_runs_without_gap_from_the_films_start_to_its_end(source):
    for track in source.facts.audio:
        for rendition in (Rendition("audio", track.index), Rendition("audio", track.index, channels=2)):
            if rendition.copies and not can_copy_audio(track):
                continue
            seen = Seen(b"".join(pieces(source, rendition)))
            assert len(set(seen.steps)) == 1
            assert seen.in_order
            assert float(seen.times[0]) == pytest.approx(2.0, abs=0.033)
            assert float(seen.times[-1] + seen.steps[0] - 2) == pytest.approx(source.facts.duration_ms / 1000, abs=0.07)
            if rendition.copies:
                own = set(Seen(source.path, track.index).payloads)
                carried = [content in own for content in seen.payloads]
                assert sum(carried) >= len(own) - 2  # what sounded before the film's start may be gone


def test_durations_in_the_playlist_are_those_of_the_segments(source):
    for rendition in (Rendition("video", 0, height=240), *(Rendition("audio", track.index, channels=2) for track in source.facts.audio)):
        seen = Seen(b"".join(pieces(source, rendition)))
        assert sum(durations(source, rendition)) == pytest.approx(float(seen.times[-1] - 2), abs=0.13)


@pytest.mark.parametrize("name", ["mkv_h264_ac3", "flac 96000.mkv", "44100.mp4", "h264_ts"])
def test_encoded_sound_has_no_seams(name, odd, request):
    """The error against the source decoded in one go is nowhere worse at the seams than elsewhere."""
    path = odd(name) if name in ODD else request.getfixturevalue(name)
    source = source_of(path)
    track = source.facts.audio[-1]
    rendition = Rendition("audio", track.index, channels=2)
    joined = samples(b"".join(pieces(source, rendition)))
    rate = 48000 if track.sample_rate == 96000 else track.sample_rate
    reference = samples(path, len(source.facts.audio) - 1)
    if rate != track.sample_rate:
        reference = reference[::2]
    length = min(len(reference), len(joined)) - rate
    lag = best_lag(reference[rate : rate + 8192], joined)
    shift = lag - rate
    assert abs(shift) <= rate // 1000  # Matroska says only to a millisecond where sound begins
    error = joined[rate + shift : length] - reference[rate : length - shift]
    edges = np.cumsum(durations(source, rendition))[:-1] * rate - rate - shift
    seams = [error[int(edge) - 1500 : int(edge) + 1500] for edge in edges if 2048 < edge < len(error) - 2048]
    assert seams
    assert loudness(error) < -60
    assert max(loudness(seam) for seam in seams) < -60


def loudness(sound: np.ndarray) -> float:
    """Decibels against the tone that the films carry."""
    return float(20 * np.log10(np.sqrt((sound**2).mean()) / 0.283 + 1e-9))


def best_lag(part: np.ndarray, whole: np.ndarray) -> int:
    size = 1 << (len(whole) + len(part)).bit_length()
    product = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
    return int(product[: len(whole)].argmax())


@pytest.mark.parametrize("name", COMMON)
def test_ffmpeg_plays_every_form_without_a_word(name, request, tmp_path):
    source = source_of(request.getfixturevalue(name))
    sounds = [Rendition("audio", track.index, channels=2) for track in source.facts.audio]
    words = [track for track in source.facts.subtitles if track.is_text]
    assert ffmpeg_plays(lay_out(tmp_path / "encoded", source, [Rendition("video", 0, height=240)], sounds, words)) == ""
    if can_copy_video(source):
        copies = [Rendition("audio", track.index) for track in source.facts.audio if can_copy_audio(track)]
        assert ffmpeg_plays(lay_out(tmp_path / "copied", source, [Rendition("video", 0)], copies)) == ""


def test_payloads_are_told_apart():
    assert payload(b"\0\0\0\x02ab", "video") == b"ab"
    assert payload(b"\xff\xf1\0\0\0\0\0abc", "audio") == b"abc"
